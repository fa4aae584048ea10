#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Guests that really migrate from one libvirtd to another: the hook there is a filter. What it
# prints libvirt has checked and taken, what it leaves alone is not tainted, and the passwords that
# come along stay where they are.
#
# VMTUNE_PREFIX names the folder that vmtune is installed in.
# shellcheck disable=SC2119  # the functions are vmtune's programs
. "$(dirname "$0")/lib.sh"
run_inside "$@"
. "$e2e/vmtune.sh"
. "$e2e/other-host.sh"
password=hush4242
here=$tmp/calls-here
there=$tmp/calls-there
record_calls "$here"
start_other_host
expect_eq 'another host is there' 0 $?
record_calls "$there" "$other/etc/hooks/qemu"

# guest NAME TYPE: runs here, and is pinned to CPU 0
guest() {
    if [ "$2" = kvm ]; then
        windows_xml "$1" | sed "s/passwd='secret'/passwd='$password'/
            s,<vcpu>4</vcpu>,<vcpu>1</vcpu><cputune><vcpupin vcpu='0' cpuset='0'/></cputune>," >"$tmp/$1.xml"
    else
        cat >"$tmp/$1.xml" <<XML
<domain type='qemu'>
  <name>$1</name>
  <memory unit='MiB'>64</memory>
  <vcpu>1</vcpu>
  <cputune><vcpupin vcpu='0' cpuset='0'/></cputune>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>
    <emulator>$standin</emulator>
    <graphics type='vnc' port='-1' autoport='yes' listen='127.0.0.1' passwd='$password'/>
  </devices>
</domain>
XML
    fi
    virsh define "$tmp/$1.xml" >/dev/null
    virsh start "$1" >/dev/null
}
state_there() { on_other_host virsh domstate "$1" 2>&1 | head -1; }
pin_there() { on_other_host virsh vcpupin "$1" --live | awk '$1 == 0 { print $2 }'; }
tainted_there() { grep -q hook-script "$other/log/qemu/$1.log"; }
recorded() { find "$1" -name "$(virsh domuuid "$2" | head -1).pins" 2>/dev/null; }

for type in qemu kvm; do
    sound=sound-$type
    absent=absent-$type

    guest $sound $type
    rm "$here/$sound.calls"
    check "$type: a guest migrates" migrate_to_other_host $sound
    expect_eq "$type: it runs there" running "$(state_there $sound)"
    expect_eq "$type: the hook there sees it come and start" 'migrate prepare start started' \
        "$(cut -d' ' -f1 "$there/$sound.calls" | xargs)"
    expect_eq "$type: with sound pins it says nothing" 0 \
        "$(cat "$there/$sound.migrate".{status,out,err})"
    check "$type: and libvirt does not call the guest tainted" eval "! tainted_there $sound"
    expect_eq "$type: it has the pin that it came with" 0 "$(pin_there $sound)"
    expect_eq "$type: the hook here sees it go" 'stopped release' \
        "$(cut -d' ' -f1 "$here/$sound.calls" | xargs)"
    expect_eq "$type: for that reason" 'shut off (migrated)' \
        "$(virsh domstate --reason $sound | head -1)"
    check "$type: which libvirt tells the hook, or nothing" \
        grep -qxE 'release end (migrated|-)' "$here/$sound.calls"
    expect_eq "$type: it is out of the ledger here" '' "$(recorded "$prefix/run/vmtune" $sound)"
    check "$type: and in the one there" test -n "$(recorded "$other/vmtune-run" $sound)"

    guest $absent $type
    virsh dumpxml --migratable --security-info $absent |
        sed -E "s/(vcpupin vcpu='0' cpuset=)'0'/\1'7777'/" >"$tmp/$absent.there"
    mv "$other/etc/hooks/qemu" "$other/hook"
    check "$type: without the hook, a pin on a CPU that is not there refuses the migration" \
        eval "! migrate_to_other_host $absent --xml '$tmp/$absent.there'"
    mv "$other/hook" "$other/etc/hooks/qemu"
    expect_eq "$type: the guest goes on here" running "$(virsh domstate $absent | head -1)"
    check "$type: with it the guest migrates: libvirt took what the hook printed" \
        migrate_to_other_host $absent --xml "$tmp/$absent.there"
    expect_eq "$type: it runs there" running "$(state_there $absent)"
    check "$type: in what the hook printed only pins differ, line by line" cmp \
        <(without_pins "$there/$absent.migrate.in") <(without_pins "$there/$absent.migrate.out")
    check "$type: and it is not pinned to what is not there" \
        test "$(pin_there $absent)" != 7777
    check "$type: libvirt calls that tainted" tainted_there $absent

    for name in $sound $absent; do
        check "$type: the password came along" grep -q "$password" "$there/$name.migrate.in"
        on_other_host virsh destroy $name >/dev/null
    done
done

# what is left of the password: nothing in what vmtune wrote or said
expect_eq 'the password is in no message of the hook' '' "$(grep -l $password "$there"/*.err "$here"/*.err)"
expect_eq 'in no request, no ledger, no history there' '' \
    "$(grep -rl $password "$other/vmtune-run" "$other/vmtune-var")"
expect_eq 'nor here' '' "$(grep -rl $password "$prefix/run" "$prefix/var")"
expect_eq 'and in no log of libvirt' '' "$(grep -rl $password "$other/log" /var/log/libvirt)"
check 'though requests there are' test -n "$(find "$other/vmtune-run" -name '*.request')"
finish
