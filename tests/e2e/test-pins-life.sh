#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A pinned guest's life on a real libvirtd: the ledger knows it from start to end, through restarts
# of the daemon; and a saved guest comes back with pins that this host can honour.
#
# VMTUNE_PREFIX names the folder that vmtune is installed in.
# shellcheck disable=SC2119  # the functions are vmtune's programs
. "$(dirname "$0")/lib.sh"
run_inside "$@"
. "$e2e/vmtune.sh"
ledger=$prefix/run/vmtune/ledger
hook=/etc/libvirt/hooks/qemu

absent=7777 # no host has that many CPUs
mapfile -t online < <(tr ',' '\n' </sys/devices/system/cpu/online |
    while IFS=- read -r first last; do seq "$first" "${last:-$first}"; done)
cpu=${online[-1]}

# pinned_domain NAME CPUS [EMULATOR]: a Windows domain with one vCPU, pinned
pinned_domain() {
    windows_xml "$1" | sed "s,<vcpu>4</vcpu>,<vcpu>1</vcpu><cputune><vcpupin vcpu='0' cpuset='$2'/>${3:+<emulatorpin cpuset='$3'/>}</cputune>," >"$tmp/$1.xml"
    virsh define "$tmp/$1.xml" >/dev/null
}
uuid_of() { virsh domuuid "$1" | head -1; }
# recorded NAME: what the ledger has of the vCPU of NAME
recorded() { sed -n 's/^vcpus=//p' "$ledger/$(uuid_of "$1").pins" 2>/dev/null; }
# pin NAME: libvirt's pin of the running vCPU; allowed NAME: the kernel's
pin() { virsh vcpupin "$1" --live | awk '$1 == 0 { print $2 }'; }
allowed() {
    local task
    for task in "/proc/$(qemu_pid "$1")/task"/*; do
        grep -q '^CPU 0/' "$task/comm" && awk '/^Cpus_allowed_list/ { print $2 }' "$task/status"
    done
}
tainted_by_hook() { grep -q 'hook-script' "/var/log/libvirt/qemu/$1.log"; }
running() { [ "$(virsh domstate "$1" | head -1)" = running ]; }
# save_pinned_to NAME CPUS: saves NAME, and has its image say that it was pinned to CPUS
save_pinned_to() {
    virsh save "$1" "$tmp/$1.save" >/dev/null
    virsh save-image-dumpxml "$tmp/$1.save" --security-info |
        sed -E "s/(vcpupin vcpu='0' cpuset=)'[^']*'/\1'$2'/" >"$tmp/$1.saved.xml"
    virsh save-image-define "$tmp/$1.save" "$tmp/$1.saved.xml" >/dev/null
}

# --- the ledger ----------------------------------------------------------------------------

pinned_domain guest "$cpu"
virsh start guest >/dev/null
expect_eq 'a guest that has started is in the ledger' "$cpu" "$(recorded guest)"
check 'with its process' grep -qx "process=$(qemu_pid guest)" "$ledger/$(uuid_of guest).pins"
worker 2>/dev/null
expect_eq 'the worker leaves the entry of a running guest' "$cpu" "$(recorded guest)"

rm -r "$ledger"
e2e-restart-libvirtd
check 'it survives a restart of the daemon' running guest
expect_eq 'which brings back a ledger that was lost' "$cpu" "$(recorded guest)"
before=$(cat "$ledger/$(uuid_of guest).pins")
e2e-restart-libvirtd
expect_eq 'and loses no entry of one that was not' "$before" "$(cat "$ledger/$(uuid_of guest).pins")"

: >"$tmp/not-a-directory"
rm -r "$ledger"
cp "$tmp/not-a-directory" "$ledger"
e2e-restart-libvirtd
check 'a ledger that cannot be written ends no guest' running guest
rm "$ledger"
e2e-restart-libvirtd

virsh destroy guest >/dev/null
expect_eq 'a guest that is destroyed is not in the ledger' '' "$(recorded guest)"

virsh start guest >/dev/null
daemon=$(cat /run/libvirtd.pid)
kill "$daemon"
timeout 20 tail --pid="$daemon" -s 0.05 -f /dev/null
kill -KILL "$(qemu_pid guest)"
expect_eq 'a guest that dies while no daemon runs leaves its entry' "$cpu" \
    "$(sed -n 's/^vcpus=//p' "$ledger"/*.pins)"
e2e-restart-libvirtd
wait_until 10 test -z "$(find "$ledger" -name '*.pins')"
expect_eq 'which the next daemon drops' '' "$(recorded guest)"
virsh start guest >/dev/null
cp "$ledger/$(uuid_of guest).pins" "$tmp/entry"
virsh destroy guest >/dev/null
cp "$tmp/entry" "$ledger/$(uuid_of guest).pins"
chmod 600 "$ledger/$(uuid_of guest).pins"
virsh start guest >/dev/null # a request, so that the worker runs
virsh destroy guest >/dev/null
cp "$tmp/entry" "$ledger/$(uuid_of guest).pins"
worker 2>/dev/null
expect_eq 'an entry that outlived its guest is removed by the worker' '' "$(recorded guest)"

# --- sound pins ------------------------------------------------------------------------------

virsh start guest >/dev/null
save_pinned_to guest "$cpu"
expect_eq 'a guest that is saved is not in the ledger' '' "$(recorded guest)"
: >/var/log/libvirt/qemu/guest.log
check 'a guest with sound pins is restored' virsh restore "$tmp/guest.save"
expect_eq 'with the same pin' "$cpu $cpu" "$(pin guest) $(allowed guest)"
check 'and not tainted by a hook' bash -c '! grep -q hook-script /var/log/libvirt/qemu/guest.log'
expect_eq 'it is in the ledger again' "$cpu" "$(recorded guest)"

# --- pins for a host with more CPUs --------------------------------------------------------------

save_pinned_to guest "$absent"
mv $hook "$tmp/hook"
check 'without the hook a pin on a CPU that is not there refuses the restore' \
    bash -c "! virsh restore '$tmp/guest.save' 2>&1"
mv "$tmp/hook" $hook
check 'with it the guest is restored' virsh restore "$tmp/guest.save"
check 'it runs' running guest
say "restored on CPUs $(pin guest), emulator $(virsh emulatorpin guest --live | awk '$1 == "*:" { print $2 }')"
expect_eq 'libvirt and the kernel agree on its new pin' "$(pin guest)" "$(allowed guest)"
check 'which is not the old one' test "$(pin guest)" != "$absent"
check 'it is tainted, as libvirt does' tainted_by_hook guest
check 'it is in the ledger with its new pin, or unpinned' \
    test "$(recorded guest)" = "$(pin guest)" -o -z "$(recorded guest)"
check 'no password reached the run directory or the log of libvirt' bash -c \
    "! grep -rq \"passwd='secret'\" '$prefix/run/vmtune' /var/log/libvirt/libvirtd.log"
check 'its VNC password is still there' bash -c \
    "virsh dumpxml guest --security-info | grep -q \"passwd='secret'\""

# the guest that has a CPU for its own keeps it from one that is restored
if [ "${#online[@]}" -gt 1 ]; then
    virsh destroy guest >/dev/null
    virsh start guest >/dev/null
    pinned_domain other "${online[0]}"
    virsh start other >/dev/null
    save_pinned_to other "$cpu"
    check 'a guest that was pinned to a CPU of another is restored' virsh restore "$tmp/other.save"
    check 'on other CPUs, or on any' test "$(pin other)" != "$cpu"
    virsh destroy other >/dev/null
fi

# a managed save comes back through the filter as well
virsh managedsave guest >/dev/null
virsh managedsave-dumpxml guest --security-info |
    sed -E "s/(vcpupin vcpu='0' cpuset=)'[^']*'/\1'$absent'/" >"$tmp/managed.xml"
virsh managedsave-define guest "$tmp/managed.xml" >/dev/null
check 'a managed save for another host starts' virsh start guest
check 'and is pinned here' test "$(pin guest)" != "$absent"
virsh destroy guest >/dev/null
expect_eq 'in the end the ledger is empty' '' "$(find "$ledger" -name '*.p*')"
finish
