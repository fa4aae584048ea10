#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# vmtune apply --measure, and the diagnosis that compares once the guest has had its cold boot.
#
# VMTUNE_PREFIX names the folder that vmtune is installed in. KVM is the stand-in, which tells
# counters that the test writes. VMTUNE_TEST_KILLS is how often apply is killed.
# shellcheck disable=SC2317  # called by check
. "$(dirname "$0")/lib.sh"
run_inside "$@"
. "$e2e/vmtune.sh"
. "$e2e/fire.sh"
vmtune=$prefix/bin/vmtune
export TMPDIR=$tmp/space LC_ALL=C
mkdir "$TMPDIR"

said() {
    "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
    status=$?
}
shows() { grep -qF -- "$1" "$tmp/out"; }
tells() { grep -qF -- "$1" "$tmp/err"; }
# value FILE EXPRESSION: of the JSON in FILE
value() { python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$@"; }
# counters NAME EXITS IO_EXITS: what KVM tells of the one vCPU that it tells of
counters() {
    echo "[{\"exits\": $2, \"io_exits\": $3}]" >"/run/qemu-kvm-standin/$1.new"
    mv "/run/qemu-kvm-standin/$1.new" "/run/qemu-kvm-standin/$1.counters"
}
# amid EXITS COMMAND...: so many exits, all of them for ports, in the middle of a measurement of win
amid() {
    counters win 0 0
    rm -f /run/qemu-kvm-standin/win.asked
    "${@:2}" >"$tmp/out" 2>"$tmp/err" </dev/null &
    local measuring=$!
    wait_until 20 test -e /run/qemu-kvm-standin/win.asked
    counters win "$1" "$1"
    wait "$measuring"
    status=$?
}
before() { amid 200000 "$vmtune" apply --measure --seconds 1 "$@" win; }
after() { amid 1000 "$vmtune" diagnose --seconds 1 "$@" win; }
cold_boot() { virsh destroy win >/dev/null && virsh start win >/dev/null; }
compares() { grep -Eq '^Exits: [0-9 ]+ in .* before, ' "$tmp/out"; }
# is_plain SENTENCE: a diagnosis, compared with nothing, and nothing said
is_plain() {
    check "$1" shows 'Exits: '
    expect_eq "$1: nothing else is said" '' "$(cat "$tmp/err")"
}
define_kvm_windows_domain win >/dev/null
uuid=$(uuid_of win)
secure() { stored win --security-info; }
secure >"$tmp/original.xml"

# --- where there is nothing to measure ---------------------------------------------------------

said vmtune apply --seconds 1 win
expect_eq '--seconds without --measure is refused' 2 "$status"
check 'and it is said why' tells '--seconds says how long --measure is to take'
said vmtune apply --measure win
expect_eq 'a guest that is shut off is tuned all the same' 0 "$status"
check 'and it is said why there is no measurement' \
    tells "win: there is no measurement from before: domain 'win' does not run"
check 'what was measured is not spoken of' bash -c "! grep -q 'compares' '$tmp/err'"
check 'it is tuned' stored_has win hypervclock
vmtune undo win 2>/dev/null
virsh start win >/dev/null
said vmtune apply --measure --seconds 1 win
expect_eq 'so is one whose KVM tells no counters' 0 "$status"
check 'and that is said' tells 'win: there is no measurement from before: libvirt tells nothing'
vmtune undo win 2>/dev/null
counters win 0 0
cold_boot # newer releases of libvirt ask a guest once what it counts
is_plain_without() { after && is_plain "$1"; }
is_plain_without 'what was not measured is not compared with'
expect_eq 'neither was anything kept' '' "$(find "$history" -name measured.json)"
rm -r "$history"

# --- interrupted -------------------------------------------------------------------------------

env --default-signal=INT "$vmtune" apply --measure --seconds 60 win >"$tmp/out" 2>"$tmp/err" </dev/null &
sleep 0.7
kill -INT $!
wait $!
expect_eq 'Ctrl-C ends the measurement' 2 $?
expect_eq 'and nothing was changed' "$(cat "$tmp/original.xml")" "$(secure)"
check 'nor entered into the history' test ! -e "$history/$uuid"

# --- measured, changed, and not yet booted ----------------------------------------------------------

before
expect_eq 'a running guest is measured and tuned' 0 "$status"
check 'it is said what will come of it' \
    tells "win: 1 seconds of how it ran before are kept with that; once it runs with the changes, 'vmtune diagnose win' compares"
record=$history/$uuid/1/measured.json
expect_eq 'what was measured is root'\''s alone' '600 root' "$(stat -c '%a %U' "$record")"
expect_eq 'it has what KVM counted' '{200000}' \
    "$(value "$record" '{e["count"] for t in d["tables"] for e in t["entries"]}')"
expect_eq 'the domain as it ran' "win $uuid False" \
    "$(value "$record" 'd["domain"]["name"] + " " + d["domain"]["uuid"] + " " + str("hypervclock" in d["domain"]["xml"])')"
check 'the versions' test "$(value "$record" 'd["libvirt"]')" = "$(virsh version --daemon | sed -n 's/.*daemon: //p')"
check 'and no password' bash -c "! grep -q secret '$record'"
check 'the history says so' bash -c "'$vmtune' history win | grep -q '(measured before)$'"
after
check 'before the cold boot there is only a diagnosis' shows 'Exits: '
check 'and it is said that the changes wait' tells 'waits for a cold boot'
virsh managedsave win >/dev/null && virsh start win >/dev/null
after
check 'waking up from a managed save is no cold boot' tells 'waits for a cold boot'

# --- after the cold boot ------------------------------------------------------------------------

cold_boot
after -v
check 'after it the diagnosis compares' compares
check 'and it is said with what' tells "win: compared with how it ran on $(date +%Y-)"
check 'what differs in the XML is shown' shows "+    <timer name='hypervclock' present='yes'/>"
check 'without the password' bash -c "! grep -q \"passwd='secret'\" '$tmp/out'"
check 'and the rules that are kept now' shows clock/hypervclock
after --format json
expect_eq 'JSON has nothing in it but JSON' 1000 "$(value "$tmp/out" 'd["count"]')"
after
check 'the next diagnosis compares as well' compares
nobody='setpriv --reuid 65534 --regid 65534 --clear-groups'
# shellcheck disable=SC2086
amid 1000 $nobody "$vmtune" diagnose --seconds 1 win
is_plain 'whoever may not read the history gets his diagnosis'
printf '{' >"$record"
after
is_plain 'a record that is broken costs no diagnosis'

# --- undone, and back --------------------------------------------------------------------------

vmtune undo win 2>/dev/null
before
cold_boot
after
is_plain 'how it ran with the same changes is nothing to compare with'
vmtune undo win 2>/dev/null
cold_boot
before
cold_boot
after
check 'a later change is compared with what was measured before that' compares
vmtune undo win 2>/dev/null
after
is_plain 'what was undone is not compared with, though it still runs'
cold_boot
after
is_plain 'nor after a cold boot'
vmtune undo win 6 2>/dev/null
after
check 'once the undo is undone, the change waits again' tells 'waits for a cold boot'
cold_boot
after
check 'and is compared with after its cold boot' compares
virsh destroy win >/dev/null
virsh undefine win >/dev/null
policy observe
define_kvm_windows_domain other >/dev/null
virsh start other >/dev/null
worker >/dev/null 2>&1
check 'with the domain goes what was measured of it' test ! -e "$history/$uuid"

# --- two at once ---------------------------------------------------------------------------------

define_kvm_windows_domain win >/dev/null
virsh start win >/dev/null
counters win 0 0
counters other 0 0
began=$(date +%s)
said vmtune apply --all --yes --measure --seconds 3
check 'guests are measured all at the same time' test $(($(date +%s) - began)) -lt 6
expect_eq 'each is measured' 2 "$(find "$history" -name measured.json | wc -l)"
virsh destroy other >/dev/null
vmtune undo win 2>/dev/null
rm -r "$history"

# --- killed --------------------------------------------------------------------------------------

uuid=$(uuid_of win)
secure >"$tmp/before"
began=$(date +%s%N)
"$vmtune" apply --measure --seconds 0.1 win >/dev/null 2>&1
took=$((($(date +%s%N) - began) / 1000000))
secure >"$tmp/after"
vmtune undo win 2>/dev/null
rm -r "$history"
RANDOM=${VMTUNE_TEST_SEED:-20}
kills=${VMTUNE_TEST_KILLS:-20} lost='' stopped=0 changed=0
for ((i = 0; i < kills; i++)); do
    "$vmtune" apply --measure --seconds 0.1 win >/dev/null 2>&1 </dev/null &
    sleep "0.$(printf '%03d' $((100 + RANDOM % (took - 100))))" # not while it only waits
    kill -KILL $! 2>/dev/null && stopped=$((stopped + 1))
    wait $! 2>/dev/null
    secure >"$tmp/now"
    cmp -s "$tmp/now" "$tmp/before" || cmp -s "$tmp/now" "$tmp/after" || lost+=" $i:definition"
    for entry in $(find "$history/$uuid" -name before.xml -newer "$tmp/before" -printf '%h\n'); do
        grep -q '^undoes=' "$entry/entry" || value "$entry/measured.json" 'd["when"]' >/dev/null ||
            lost+=" $i:record"
    done
    touch "$tmp/before"
    "$vmtune" history win >/dev/null 2>&1 || lost+=" $i:history"
    cmp -s "$tmp/now" "$tmp/before" && continue
    changed=$((changed + 1))
    "$vmtune" undo --force win 2>/dev/null || lost+=" $i:undo"
done
say "$stopped of $kills were killed before they had ended, $changed after it was changed"
check 'most of them were killed' test "$stopped" -gt $((kills / 2))
expect_eq 'apply --measure, killed at any moment, leaves whole records or none' '' "$lost"
finish
