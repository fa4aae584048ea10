#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Every operation that libvirt has for the hook, on a real libvirtd: when it comes, what it leads
# to, and that the guest is let be. What a start leads to under each policy is in test-matrix.sh,
# what the ledger knows over a guest's life in test-pins-life.sh, migration in test-migration.sh.
#
# VMTUNE_PREFIX names the folder that vmtune is installed in.
# shellcheck disable=SC2119  # the functions are vmtune's programs
. "$(dirname "$0")/lib.sh"
run_inside "$@"
. "$e2e/vmtune.sh"
calls=$tmp/calls
ledger=$prefix/run/vmtune/ledger
record_calls "$calls"
policy apply

# pinned_domain NAME [DEVICES [MORE]]: a guest under TCG whose vCPU has a pin
pinned_domain() {
    cat >"$tmp/$1.xml" <<XML
<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>$1</name>
  <memory unit='MiB'>64</memory>
  <vcpu>1</vcpu>
  <cputune><vcpupin vcpu='0' cpuset='0'/></cputune>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <features><acpi/></features>
  ${3:-}
  <devices><emulator>$standin</emulator>${2:-}</devices>
</domain>
XML
    virsh define "$tmp/$1.xml" >/dev/null
}
disk() { echo "<disk type='file'><driver name='qemu' type='$2'/><source file='$1'/><target dev='sda' bus='sata'/></disk>"; }
recorded() { test -e "$ledger/$(virsh domuuid "$1" | head -1).pins"; }
# harmless NAME OPERATION SENTENCE: the last such call gave libvirt nothing to act on
harmless() {
    expect_eq "$3" 0 "$(cat "$calls/$1.$2".{status,out,err})"
}
# everything below the run directory, with contents
state() { find "$prefix/run/vmtune" -type f -exec sha256sum {} + | sort -k2; }

# --- prepare, start, started, stopped, release ------------------------------------------------

pinned_domain guest
virsh start guest >/dev/null
expect_eq 'a start is three calls' 'prepare begin - start begin - started begin -' \
    "$(xargs <"$calls/guest.calls")"
for operation in prepare start started; do
    harmless guest $operation "$operation ends with 0 and says nothing"
    check "$operation is given the domain" grep -q '<name>guest</name>' "$calls/guest.$operation.in"
done
expect_eq 'prepare left a request' 1 "$(request_count)"
check 'started entered the pins into the ledger' recorded guest
rm "$calls/guest.calls"
virsh destroy guest >/dev/null
expect_eq 'an end is two calls' 'stopped end release end' "$(cut -d' ' -f1,2 "$calls/guest.calls" | xargs)"
harmless guest stopped 'stopped ends with 0 and says nothing'

# start and stopped are not for vmtune; attach has no caller in libvirt, and what is made up may
# be tomorrow's: each by hand, with what libvirt gives
virsh start guest >/dev/null
before=$(state)
for operation in start stopped attach made-up; do
    "$prefix/sbin/vmtune-hook" guest $operation begin - <"$calls/guest.started.in" \
        >"$tmp/out" 2>"$tmp/err"
    expect_eq "$operation ends with 0 and says nothing" '0 0' "$? $(cat "$tmp/out" "$tmp/err" | wc -c)"
done
expect_eq 'and none of them changes anything' "$before" "$(state)"

# --- reconnect -----------------------------------------------------------------------------------

rm "$calls/guest.calls"
e2e-restart-libvirtd
expect_eq 'another daemon is one call' 'reconnect begin -' "$(xargs <"$calls/guest.calls")"
harmless guest reconnect 'reconnect ends with 0 and says nothing'
expect_eq 'the guest survives' running "$(virsh domstate guest | head -1)"
check 'and is still in the ledger' recorded guest
virsh destroy guest >/dev/null

# --- release, for every reason that can be had ---------------------------------------------------

# begin NAME: starts it, with no call noted yet
begin() {
    rm -f "$calls/$1".*
    virsh start "$1" >/dev/null
}
# released NAME REASON SENTENCE: libvirt 9.0 has the reason, but does not tell the hook
released() {
    wait_until 20 grep -q "^release" "$calls/$1.calls"
    expect_eq "release: $3" "shut off ($2)" "$(virsh domstate --reason "$1" | head -1)"
    check 'libvirt says so to the hook, or nothing' \
        grep -qxE "release end ($2|-)" "$calls/$1.calls"
    harmless "$1" release 'it ends with 0 and says nothing'
    check 'the guest is out of the ledger' eval "! recorded $1"
}
end_daemon() {
    local daemon
    daemon=$(cat /run/libvirtd.pid)
    kill "$daemon"
    timeout 20 tail --pid="$daemon" -s 0.05 -f /dev/null
}

# a boot sector that writes to the power management port, as a guest does that shuts down
printf '\xba\x04\x06\xb8\x00\x20\xef\xf4\xeb\xfd' >"$tmp/off.img"
truncate -s 510 "$tmp/off.img"
printf '\x55\xaa' >>"$tmp/off.img"
truncate -s 1M "$tmp/off.img"
pinned_domain powers-off "$(disk "$tmp/off.img" raw)"
begin powers-off
released powers-off shutdown 'a guest that shuts itself down'

begin guest
virsh destroy guest >/dev/null
released guest destroyed 'a guest that is destroyed'

begin guest
kill -KILL "$(qemu_pid guest)"
released guest crashed 'a guest whose QEMU dies'

begin guest
virsh save guest "$tmp/guest.save" >/dev/null
released guest saved 'a guest that is saved'
virsh restore "$tmp/guest.save" >/dev/null
rm "$calls/guest.calls"
virsh managedsave guest >/dev/null
released guest saved 'a managed save'
virsh managedsave-remove guest >/dev/null

pinned_domain refused '' \
    "<qemu:commandline><qemu:arg value='-no-such-option'/></qemu:commandline>"
check 'a guest that QEMU refuses does not start' eval '! virsh start refused'
released refused failed 'a guest that fails to start'

qemu-img create -q -f qcow2 "$tmp/snapshot.qcow2" 1M
pinned_domain reverted "$(disk "$tmp/snapshot.qcow2" qcow2)"
virsh snapshot-create-as reverted shut-off >/dev/null
begin reverted
virsh snapshot-revert reverted shut-off >/dev/null
released reverted 'from snapshot' 'a guest that is taken back to a snapshot from before its start'

begin guest
end_daemon
kill -KILL "$(qemu_pid guest)"
e2e-restart-libvirtd
released guest crashed 'a guest that dies while no daemon runs'

# the reason why vmtune's hook may never fail there: somebody else's does
begin guest
mkdir /etc/libvirt/hooks/qemu.d
printf '#!/bin/sh\n[ "$2" != reconnect ]\n' >/etc/libvirt/hooks/qemu.d/others
chmod +x /etc/libvirt/hooks/qemu.d/others
e2e-restart-libvirtd
rm -r /etc/libvirt/hooks/qemu.d
released guest daemon 'a guest that libvirt ends when a hook fails on reconnect'
# 'migrated' is in test-migration.sh. 'unknown' is for a daemon that gives a running guest up
# before it asks its monitor, which takes a fault in libvirt.

# --- restore -----------------------------------------------------------------------------------------

# save_pinned_to CPUS: and its image says that it was pinned there
save_pinned_to() {
    virsh save rich "$tmp/rich.save" >/dev/null
    virsh save-image-dumpxml "$tmp/rich.save" --security-info |
        sed -E "s/(vcpupin vcpu='[0-9]' cpuset=)'[^']*'/\1'$1'/" >"$tmp/rich.saved"
    virsh save-image-define "$tmp/rich.save" "$tmp/rich.saved" >/dev/null
}
tainted_by_hook() { grep -q 'hook-script' /var/log/libvirt/qemu/rich.log; }

define_kvm_windows_domain rich >/dev/null
vmtune apply rich >/dev/null 2>&1
stored rich --security-info |
    sed "s,<cputune>,,; s,</cputune>,,; /<vcpupin/d; s,<vcpu .*</vcpu>,&<cputune><vcpupin vcpu='0' cpuset='0'/><vcpupin vcpu='1' cpuset='0'/></cputune>," \
        >"$tmp/rich.xml"
virsh define "$tmp/rich.xml" >/dev/null
virsh start rich >/dev/null
virsh save rich "$tmp/rich.save" >/dev/null
: >/var/log/libvirt/qemu/rich.log
check 'a tuned guest with pins that this host honours is restored' virsh restore "$tmp/rich.save"
harmless rich restore 'restore says nothing then'
check 'and libvirt does not call it tainted' eval '! tainted_by_hook'
rm "$calls/rich.restore."*
virsh managedsave rich >/dev/null
check 'so is its managed save' virsh start rich
harmless rich restore 'restore says nothing then, either'
check 'and libvirt does not call it tainted' eval '! tainted_by_hook'
save_pinned_to 7777
check 'with pins that it cannot honour it is restored, too: libvirt took what the hook printed' \
    virsh restore "$tmp/rich.save"
check 'the hook printed a domain' xmllint --noout "$calls/rich.restore.out"
check 'in which only the pins differ, line by line' cmp \
    <(without_pins "$calls/rich.restore.in") <(without_pins "$calls/rich.restore.out")
check 'and no CPU is one that is not there' eval "! grep -q 7777 '$calls/rich.restore.out'"
check 'libvirt calls that tainted' tainted_by_hook
virsh destroy rich >/dev/null

expect_eq 'in the end the ledger is empty' '' "$(find "$ledger" -name '*.p*')"
finish
