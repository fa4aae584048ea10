#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Pins on a real libvirtd: a guest that fits the host gets them in its stored definition and while
# it runs, and libvirt, the kernel and vmtune agree on them.
#
# VMTUNE_PREFIX names the folder that vmtune is installed in.
# shellcheck disable=SC2119  # the functions are vmtune's programs
. "$(dirname "$0")/lib.sh"
run_inside "$@"
if [ "$(grep -h . /sys/devices/system/cpu/cpu*/topology/core_cpus_list | sort -u | wc -l)" -lt 2 ]; then
    echo 'hardware: one core for the host and one for a guest are needed' >&2
    exit 77
fi
. "$e2e/vmtune.sh"

# small NAME: a Windows domain with one vCPU
small() {
    windows_xml "$1" | sed 's,<vcpu>4<,<vcpu>1<,' >"$tmp/$1.xml"
    virsh define --validate "$tmp/$1.xml" >/dev/null
}
# pinned NAME WHERE: the vCPU's pin; emulator_pinned NAME WHERE: that of the emulator's threads;
# WHERE is --live or --config
pinned() { virsh vcpupin "$1" "$2" | awk '$1 == 0 { print $2 }'; }
emulator_pinned() { virsh emulatorpin "$1" "$2" | awk '$1 == "*:" { print $2 }'; }
# The CPUs on which the kernel lets the guest's vCPU and the emulator's first thread run. Without
# cgroups libvirt moves no other thread of a running emulator.
cpus_allowed() { awk '/^Cpus_allowed_list/ { print $2 }' "$1/status"; }
vcpu_allowed() {
    local task
    for task in "/proc/$(qemu_pid "$1")/task"/*; do
        ! grep -q '^CPU 0/' "$task/comm" || cpus_allowed "$task"
    done
}
emulator_allowed() { cpus_allowed "/proc/$(qemu_pid "$1")"; }
everywhere=$(cpus_allowed /proc/1)

small pins
virsh start pins >/dev/null
expect_eq 'at first the vCPU runs anywhere' "$everywhere" "$(vcpu_allowed pins)"
vmtune diff pins >"$tmp/out"
check 'diff shows the pin, in effect now' grep -q '^# cputune/pin (now)' "$tmp/out"
check 'and the synthetic timers, with the next boot' \
    grep -q '^# hyperv/stimer (at the next cold boot)' "$tmp/out"
worker 2>"$tmp/log"
say "$(cat "$tmp/log")"
check 'the worker says that pins are in effect' grep -q 'pins: tuned by .*, [1-9][0-9]* in effect now' \
    "$tmp/log"

cpu=$(pinned pins --config)
emulator=$(emulator_pinned pins --config)
check "the stored pin is one CPU: $cpu" grep -Eqx '[0-9]+' <<<"$cpu"
expect_eq 'the pin of the running guest is the same' "$cpu" "$(pinned pins --live)"
expect_eq "and the kernel's for the vCPU's thread" "$cpu" "$(vcpu_allowed pins)"
check "the emulator's threads are pinned: $emulator" test -n "$emulator" -a "$emulator" != "$cpu"
expect_eq 'so they are while it runs' "$emulator" "$(emulator_pinned pins --live)"
expect_eq "and for the kernel" "$emulator" "$(emulator_allowed pins)"
expect_eq 'nothing is left to change' '' "$(vmtune diff pins)"

small second
virsh start second >/dev/null
worker 2>"$tmp/log"
check "a second guest does not get the first one's CPU" \
    test "$(pinned second --config)" != "$cpu" -a "$(pinned second --live)" != "$cpu"
virsh destroy second >/dev/null

virsh destroy pins >/dev/null
virsh start pins >/dev/null
expect_eq 'the next start begins with the pins' "$cpu $emulator" \
    "$(vcpu_allowed pins) $(emulator_allowed pins)"
vmtune undo pins 2>"$tmp/err"
expect_eq 'undo takes the stored pins back' "$everywhere" "$(pinned pins --config)"
expect_eq 'the running guest keeps them' "$cpu" "$(pinned pins --live)"
check 'and that is said' grep -q 'pins: .* runs' "$tmp/err"
virsh destroy pins >/dev/null

virsh undefine second >/dev/null
forget_undos # or else the worker leaves what was taken back
printf '[pin]\npolicy = off\n' >"$prefix/etc/vmtune/vmtune.conf"
virsh start pins >/dev/null
worker 2>"$tmp/log"
check 'pin policy off: the domain is tuned' stored_has pins '<stimer state='
expect_eq 'pin policy off: no pins' "$everywhere $everywhere" \
    "$(pinned pins --config) $(vcpu_allowed pins)"
virsh destroy pins >/dev/null
vmtune undo pins 2>/dev/null

printf '[pin]\nreserved_cpus = %s\n' "$cpu" >"$prefix/etc/vmtune/vmtune.conf"
vmtune apply pins >/dev/null 2>&1
check "a reserved CPU is given to no guest" test "$(pinned pins --config)" != "$cpu"

# pins that the administrator wrote for another host
: >"$prefix/etc/vmtune/vmtune.conf"
vmtune undo pins 2>/dev/null
windows_xml elsewhere | sed 's,<vcpu>4</vcpu>,<vcpu>1</vcpu><cputune><vcpupin vcpu="0" cpuset="4000"/></cputune>,' \
    >"$tmp/elsewhere.xml"
virsh define --validate "$tmp/elsewhere.xml" >/dev/null
stored elsewhere --security-info >"$tmp/elsewhere.original"
check 'check finds a pin on a CPU that is not there' \
    bash -c "'$prefix/bin/vmtune' check elsewhere | grep -q 'error: cputune/absent-cpu'"
check 'such a guest does not start' bash -c '! virsh start elsewhere'
vmtune apply elsewhere >/dev/null 2>&1
expect_eq 'apply leaves what the administrator wrote' 4000 "$(stored elsewhere | sed -n "s/.*<vcpupin vcpu='0' cpuset='\([^']*\)'.*/\1/p")"
vmtune apply --repin elsewhere >/dev/null 2>"$tmp/err"
expect_eq 'apply --repin replaces it' 0 $?
say "$(cat "$tmp/err")"
check 'and says why' grep -q '^elsewhere: ' "$tmp/err"
check 'the guest starts' virsh start elsewhere
check 'it has a CPU of its own' grep -Eqx '[0-9]+' <<<"$(pinned elsewhere --config)"
expect_eq 'on the CPU that was chosen' "$(pinned elsewhere --config)" "$(vcpu_allowed elsewhere)"
vmtune apply --repin elsewhere >"$tmp/out" 2>&1
expect_eq 'sound pins are kept' '' "$(cat "$tmp/out")"
virsh destroy elsewhere >/dev/null
vmtune undo elsewhere 2>/dev/null && vmtune undo elsewhere 2>/dev/null
expect_eq 'undo brings them back all the same' "$(cat "$tmp/elsewhere.original")" \
    "$(stored elsewhere --security-info)"
finish
