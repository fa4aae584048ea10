#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The worker is killed at any moment: the domain is as before or as after, its request is not lost,
# and the next worker ends what was begun.
#
# VMTUNE_PREFIX names the folder that vmtune is installed in.
# shellcheck disable=SC2119  # the functions are vmtune's programs
. "$(dirname "$0")/lib.sh"
run_inside "$@"
. "$e2e/vmtune.sh"

define_kvm_windows_domain win10 >/dev/null
uuid=$(virsh domuuid win10 | head -1)
stored win10 --security-info >"$tmp/before.xml"
vmtune apply win10 >/dev/null 2>&1
stored win10 --security-info >"$tmp/after.xml"

# start_over: as it was, and not as something that was undone, which the worker would leave alone
start_over() {
    rm -rf "$history"
    virsh define "$tmp/before.xml" >/dev/null
}

# is_whole: the stored definition is the one from before or the one from after
is_whole() {
    stored win10 --security-info >"$tmp/now.xml"
    cmp -s "$tmp/now.xml" "$tmp/before.xml" || cmp -s "$tmp/now.xml" "$tmp/after.xml"
}

# ask: leaves a request as the hook does at a start
ask() { "$prefix/sbin/vmtune-hook" win10 prepare begin - <"$tmp/before.xml"; }

# killed SECONDS: a worker that is killed that long after it began
killed() {
    "$prefix/sbin/vmtune-apply" 2>/dev/null & # not the function, which would be a shell between
    local pid=$!
    sleep "$1"
    kill -KILL "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
}

rounds=${VMTUNE_TEST_ROUNDS:-40} half=0 lost=0 stuck=0
for ((i = 0; i < rounds; i++)); do
    start_over
    ask
    killed "0.$(printf %03d $((i * 3)))" 2>/dev/null
    is_whole || half=$((half + 1))
    if cmp -s "$tmp/now.xml" "$tmp/before.xml"; then
        [ "$(find "$prefix/run/vmtune" -name "$uuid.request" | wc -l)" = 1 ] || lost=$((lost + 1))
    fi
    worker 2>/dev/null
    cmp -s <(stored win10 --security-info) "$tmp/after.xml" || stuck=$((stuck + 1))
    # an apply that nobody knows the end of is undone with --force; it says so
    vmtune undo win10 2>/dev/null || vmtune undo --force win10 2>/dev/null
    cmp -s <(stored win10 --security-info) "$tmp/before.xml" || stuck=$((stuck + 1))
done
expect_eq "$rounds workers killed: no definition is half one, half the other" 0 "$half"
expect_eq 'no request is lost before its domain is tuned' 0 "$lost"
expect_eq 'the next worker tunes it, and undo brings it back, each time' 0 "$stuck"
finish
