#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# vmtune diagnose of running domains: libvirt's counters, QEMU's memory map, perf.
#
# VMTUNE_PREFIX names the folder that vmtune is installed in. KVM is the stand-in, which tells
# counters that the test writes; what a real KVM adds is in test-diagnose-kvm.sh.
# shellcheck disable=SC2016,SC2086,SC2317  # a list of words; for others to expand; called by check
. "$(dirname "$0")/lib.sh"
run_inside "$@"
. "$e2e/vmtune.sh"
vmtune=$prefix/bin/vmtune
export TMPDIR=$tmp/space TERM=xterm LC_ALL=C
mkdir "$TMPDIR"
unset NO_COLOR

said() {
    "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
    status=$?
}
shows() { grep -qF -- "$1" "$tmp/out"; }
tells() { grep -qF -- "$1" "$tmp/err"; }
# refused SENTENCE WORDS: 2, nothing on standard output, WORDS on standard error
refused() {
    expect_eq "$1: it exits 2 and prints nothing" "2 0" "$status $(wc -c <"$tmp/out")"
    check "$1: it says why" tells "$2"
}
# counters NAME JSON: what KVM tells of the vCPUs of NAME from now on
counters() {
    echo "$2" >"/run/qemu-kvm-standin/$1.new"
    mv "/run/qemu-kvm-standin/$1.new" "/run/qemu-kvm-standin/$1.counters"
}
# while_measured COMMAND...: runs it between the two samples of a measurement of win
while_measured() {
    rm -f /run/qemu-kvm-standin/win.asked
    "$vmtune" diagnose --seconds 1.5 win >"$tmp/out" 2>"$tmp/err" </dev/null &
    local measuring=$!
    wait_until 20 test -e /run/qemu-kvm-standin/win.asked
    "$@" >/dev/null
    wait "$measuring"
    status=$?
}
json() { python3 -c 'import json, sys; print(eval(sys.argv[2], {"d": json.load(open(sys.argv[1]))}))' "$tmp/out" "$1"; }

# --- what cannot be measured -------------------------------------------------------------------

define_tcg_domain emulated >/dev/null
virsh start emulated >/dev/null
said vmtune diagnose emulated
refused 'a guest without KVM' "domain 'emulated' is of type 'qemu'"
said vmtune diagnose --perf emulated
refused 'perf of a guest without KVM' "domain 'emulated' is of type 'qemu'"

define_kvm_windows_domain win >/dev/null
said vmtune diagnose win
refused 'a domain that is shut off' "domain 'win' does not run"
said vmtune diagnose --perf win
refused 'perf of one that is shut off' "domain 'win' does not run"
virsh start win >/dev/null
said vmtune diagnose win
refused 'a KVM that tells no counters' 'that takes KVM of Linux 5.14, QEMU 7.1 and libvirt 8.9'
check 'here are the versions that there are' tells "libvirt $(virsh version --daemon | sed -n 's/.*daemon: //p')"
check 'and the way that works' tells "perf kvm stat record -p \"\$(pgrep -of 'guest=win,')\" sleep 10"
expect_eq 'the process that it names is the right one' "$(qemu_pid win)" "$(pgrep -of 'guest=win,')"
define_kvm_windows_domain 'odd, name.1' >/dev/null
virsh start 'odd, name.1' >/dev/null
said vmtune diagnose 'odd, name.1'
expect_eq 'nor is it another of an odd name' "$(cat '/run/libvirt/qemu/odd, name.1.pid')" \
    "$(eval "echo $(grep -o '"\$(pgrep -of .*)"' "$tmp/err")")"
virsh destroy 'odd, name.1' >/dev/null
virsh suspend win >/dev/null
said vmtune diagnose win
refused 'a paused guest' "domain 'win' is paused"
virsh resume win >/dev/null

# --- two samples -------------------------------------------------------------------------------

start='[{"exits": 100, "io_exits": 60}, {"exits": 7, "io_exits": 0}]'
after='[{"exits": 250100, "io_exits": 200060}, {"exits": 1007, "io_exits": 500}]'
counters win "$start"
# newer releases of libvirt ask a guest once what it counts
virsh destroy win >/dev/null && virsh start win >/dev/null
while_measured counters win "$after"
expect_eq 'a guest with trouble exits 1' 1 "$status"
check 'the exits of all vCPUs are added up' shows '251 000'
check 'and so are those of a kind' shows '200 500'
check 'the rule that may end them is named' shows clock/hypervclock
check 'with the command that applies it' shows 'vmtune apply win'
expect_eq 'nothing else is said' '' "$(cat "$tmp/err")"

vmtune apply win >/dev/null 2>&1
counters win "$start"
while_measured counters win "$after"
check 'what is stored and not booted yet is said to wait' shows 'stored, and waits for a cold boot'
check 'and nobody is told to store it again' bash -c '! grep -q "vmtune apply" "$0"' "$tmp/out"

counters win "$start"
while_measured counters win '[{"exits": 300, "io_exits": 61}]'
check 'a vCPU that goes meanwhile is not counted' shows '200'
check 'and that is said' shows 'vCPU 1 came or went'

counters win "$start"
while_measured counters win '[{"exits": 99, "io_exits": 60}, {"exits": 7, "io_exits": 0}]'
refused 'a counter that goes back' "'exits' of vCPU 0 went back from 100 to 99"

counters win "$start"
while_measured bash -c 'virsh destroy win && virsh start win'
refused 'a guest that was started anew' 'started anew while it was measured'

while_measured virsh suspend win
refused 'a guest that was paused meanwhile' "domain 'win' is paused"
virsh resume win >/dev/null

while_measured virsh destroy win
refused 'a guest that was shut off meanwhile' "domain 'win' does not run"
virsh start win >/dev/null

virsh undefine win >/dev/null
while_measured virsh destroy win
refused 'a domain that is gone' "'win'"
virsh define "$tmp/win.xml" >/dev/null
virsh start win >/dev/null

# --- the wait ----------------------------------------------------------------------------------

# signalled SIGNAL COMMAND...: COMMAND, which gets SIGNAL after a while
signalled() {
    local signal=$1
    shift
    # a background job of a script ignores SIGINT unless it is told otherwise
    env --default-signal=INT "$@" >"$tmp/out" 2>"$tmp/err" </dev/null &
    sleep 0.7
    kill -"$signal" $!
    wait $! 2>/dev/null
    status=$?
}
for signal in INT TERM; do
    signalled "$signal" "$vmtune" diagnose --seconds 60 win
    refused "SIG$signal ends the wait" 'interrupted while it was measured'
done
"$e2e/../terminal.py" "$vmtune" diagnose --seconds 2 win >"$tmp/shown"
check 'a line says how far it is' grep -qP '\r 1/2 win\x1b\[K' "$tmp/shown"
check 'and is gone before the diagnosis' python3 - "$tmp/shown" <<'END2'
import sys
shown = open(sys.argv[1], "rb").read()
assert shown.rindex(b"\r\x1b[K") < shown.index(b"Exits:"), shown
END2
nobody='setpriv --reuid 65534 --regid 65534 --clear-groups'
chmod 700 /run/libvirt/libvirt-sock
said $nobody "$vmtune" diagnose --seconds 0.2 win
expect_eq 'whoever may only look may measure' 0 "$status"
said $nobody "$vmtune" diagnose --seconds 0.2 --memory-map win
refused 'but not ask the emulator' 'read only access'

# --- the memory map ----------------------------------------------------------------------------

cat >"$tmp/ports.txt" <<'END'
Analyze events for all VMs, all VCPUs:

      IO Port Access    Samples  Samples%     Time%    Min Time    Max Time         Avg time

           0x608:PIN      24000    75.00%    75.00%      1.00us      9.00us      1.50us ( +-   0.28% )
          0x0cc4:PIN       8000    25.00%    25.00%      1.00us      9.00us      1.50us ( +-   0.28% )

Total Samples:32000, Total events handled time:48000.00us.
END
said vmtune diagnose "$tmp/ports.txt" win
check 'nobody is asked who need not be' bash -c '! virsh dominfo win | grep -q "custom monitor"'
said vmtune diagnose --memory-map "$tmp/ports.txt" win
check 'what it does to the domain is said' tells 'tainted'
check "QEMU's name of a port that nothing is known of is there" shows 'acpi-pci-hotplug'
check 'libvirt knows that it was asked' bash -c 'virsh dominfo win | grep -q "custom monitor"'
said vmtune diagnose --memory-map --format json win "$tmp/ports.txt"
check 'port 0x608 is the PM timer, as QEMU has it' shows '"region" : "acpi-tmr"'
said vmtune diagnose --memory-map "$tmp/ports.txt"
refused 'a memory map of nobody' '--memory-map asks the emulator of a running domain'

# --- perf --------------------------------------------------------------------------------------

mkdir "$tmp/bin"
cat >"$tmp/bin/perf" <<'END'
#!/bin/bash
# A perf that says what the real one says; FAKE_PERF: how it fails.
echo "$$ $*" >>"$FAKE_LOG"
case $FAKE_PERF/$3 in
not-allowed/record)
    cat <<'SAID' >&2
event syntax error: 'kvm:kvm_entry'
                     \___ can't access trace events

Error:	No permissions to read /sys/kernel/tracing/events/kvm/kvm_entry
Hint:	Try 'sudo mount -o remount,mode=755 /sys/kernel/tracing/'

Run 'perf list' for a list of valid events

 Usage: perf kvm stat record [<options>]
SAID
    exit 129
    ;;
hangs/record)
    sleep 600 &
    trap 'kill $!; exit 143' TERM
    wait
    ;;
deaf/record)
    trap '' TERM INT
    sleep 600
    ;;
*/record)
    [ "$4 $6" = "-p sleep" ] || exit 3
    mkdir -p "$HOME/.debug/some/build"
    echo recorded "$5" >perf.data.guest
    ln -s / root
    "${@:6}"
    ;;
old/report) [ "$4" != --event=msr ] || { echo 'Unknown report event:msr' && exit 255; } ;;&
torn/report) [ "$4" != --event=ioport ] || { head -6 "$FAKE_PORTS" && exit 0; } ;;&
*/report)
    grep -q recorded perf.data.guest || exit 4
    head -2 "$FAKE_PORTS"
    case $4 in
    --event=ioport) tail -n +3 "$FAKE_PORTS" ;;
    --event=vmexit) cat <<'SAID' ;;
             VM-EXIT    Samples  Samples%     Time%    Min Time    Max Time         Avg time

      IO_INSTRUCTION      32000   100.00%   100.00%      1.00us      9.00us      2.50us ( +-   0.28% )

Total Samples:32000, Total events handled time:80000.00us.
SAID
    --event=mmio) cat <<'SAID' ;;
         MMIO Access    Samples  Samples%     Time%    Min Time    Max Time         Avg time


Total Samples:0, Total events handled time:0.00us.
SAID
    --event=msr) cat <<'SAID' ;;
          MSR Access    Samples  Samples%     Time%    Min Time    Max Time         Avg time


Total Samples:0, Total events handled time:0.00us.
SAID
    esac
    ;;
esac
END
chmod +x "$tmp/bin/perf"
export FAKE_LOG=$tmp/perf.log FAKE_PORTS=$tmp/ports.txt
# by_perf HOW: how perf behaves
by_perf() {
    : >"$FAKE_LOG"
    said env PATH="$tmp/bin:$PATH" FAKE_PERF="$1" "$vmtune" diagnose --perf --seconds "${2:-0.5}" win
}
leaves_nothing() {
    expect_eq "$1: nothing is left of what was recorded" '' "$(ls -A "$TMPDIR")"
    check "$1: no perf runs any more, nor what it started" \
        bash -c '! pgrep -f "^/bin/bash $0" && ! pgrep -fx "sleep 600"' "$tmp/bin/perf"
}

by_perf good
expect_eq 'perf measures, and there is trouble' "1 " "$status $(cat "$tmp/err")"
check 'what perf says of ports is taken' shows '0x608 read'
check 'and the time that it was told' shows '64 000 a second'
check 'perf was told the process of the guest' grep -q -- "-p $(qemu_pid win) sleep 0.5$" "$FAKE_LOG"
leaves_nothing 'a good perf'
by_perf old
expect_eq 'a perf that does not know MSRs will do' "1 " "$status $(cat "$tmp/err")"
by_perf torn
refused 'half a table' 'perf:'
leaves_nothing 'half a table'
by_perf not-allowed
refused 'a perf that may not' 'No permissions to read'
check 'how perf is used is not told' bash -c '! grep -q Usage "$0"' "$tmp/err"
check 'but what to type by hand' tells 'By hand, as root'
leaves_nothing 'a perf that may not'
said env PATH=/nowhere "$vmtune" diagnose --perf win
refused 'no perf' 'there is no perf on this host'
check 'no perf: what to type is told' tells 'perf kvm stat record'
leaves_nothing 'no perf'
: >"$FAKE_LOG"
for how in hangs deaf; do
    signalled INT env PATH="$tmp/bin:$PATH" FAKE_PERF=$how "$vmtune" diagnose --perf --seconds 60 win
    refused "Ctrl-C where perf $how" 'interrupted'
    leaves_nothing "Ctrl-C where perf $how"
done
signalled KILL env PATH="$tmp/bin:$PATH" FAKE_PERF=hangs "$vmtune" diagnose --perf --seconds 60 win
check 'perf ends where vmtune is killed' \
    wait_until 3 bash -c '! pgrep -f "^/bin/bash $0" && ! pgrep -fx "sleep 600"' "$tmp/bin/perf"
rm -rf "$TMPDIR"
by_perf good
refused 'no room for the record' 'cannot make a folder'
finish
