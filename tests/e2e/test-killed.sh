#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Hook, worker, watch and undo are killed at any moment: each domain is as before or as after and can
# be brought back, no request is lost, the ledger can be read, and whoever comes next ends what was
# begun. VMTUNE_TEST_SEED repeats the moments of another run, VMTUNE_TEST_KILLS has more of them.
#
# VMTUNE_PREFIX names the folder that vmtune is installed in.
# shellcheck disable=SC2119  # the functions are vmtune's programs
. "$(dirname "$0")/lib.sh"
export E2E_TIMEOUT=${E2E_TIMEOUT:-280} # on a machine that has other things to do
run_inside "$@"
. "$e2e/vmtune.sh"
. "$e2e/fire.sh"

seed=${VMTUNE_TEST_SEED:-20} kills=${VMTUNE_TEST_KILLS:-50}
RANDOM=$seed
run=$prefix/run/vmtune
hook=$prefix/sbin/vmtune-hook

# A domain that needs no KVM, with a pin, so that the ledger has something to say of it.
make_light_image
define_light guest "<cputune><vcpupin vcpu='0' cpuset='0'/></cputune>"
uuid=$(uuid_of guest)
definition=/etc/libvirt/qemu/guest.xml # read as a file: faster than asking
stored guest --security-info >"$tmp/before.xml"
cp $definition "$tmp/before"
vmtune apply guest >/dev/null 2>"$tmp/err" || say "$(cat "$tmp/err")"
cp $definition "$tmp/after"
check 'there is something to tune' light_is_tuned guest
vmtune undo guest 2>/dev/null
forget_undos

is_before() { cmp -s $definition "$tmp/before"; }
is_after() { cmp -s $definition "$tmp/after"; }
# One look: libvirt may still be about to store what it was asked for by who is dead.
is_whole() {
    cp $definition "$tmp/seen"
    cmp -s "$tmp/seen" "$tmp/before" || cmp -s "$tmp/seen" "$tmp/after"
}
# hook OPERATION: what libvirt does
hook() { "$hook" guest "$1" begin - <"$tmp/before.xml"; }
asked() { [ -e "$run/requests/$uuid.request" ] || [ -e "$run/claimed/$uuid.request" ]; }

# victim COMMAND...: becomes COMMAND, so that the kill hits no shell between
victim() { exec "$@" <"$tmp/before.xml" >/dev/null 2>&1; }
# duration COMMAND...: of the fastest of three runs that nobody kills, in microseconds
duration() {
    local began took fastest=1000000
    for _ in 1 2 3; do
        began=$(date +%s%N)
        (victim "$@")
        took=$((($(date +%s%N) - began) / 1000))
        [ $took -gt $fastest ] || fastest=$took
    done
    echo "$fastest"
}
mkfifo "$tmp/never"
exec {never}<>"$tmp/never" # nothing ever comes: waiting for that is a sleep without a process
# killed WITHIN COMMAND...: kills COMMAND at a random moment of so many microseconds; fails if it had
# ended by itself before
killed() {
    local within=$1 moment status=0
    shift
    moment=$(((RANDOM * 32768 + RANDOM) % within))
    victim "$@" &
    read -rt "$(printf '%d.%06d' $((moment / 1000000)) $((moment % 1000000)))" -u "$never"
    { kill -KILL $! && wait $!; } 2>/dev/null || status=$?
    [ $status = 137 ]
}
# rounds WITHIN LOOK COMMAND...: until COMMAND was killed $kills times; LOOK is called after each
# round and adds to $wrong what it finds
rounds() {
    local within=$1 look=$2 hits=0 ends=0
    shift 2
    wrong=
    while [ $hits -lt "$kills" ] && [ $ends -lt $((20 * kills)) ]; do
        if killed "$within" "$@" 2>/dev/null; then hits=$((hits + 1)); else ends=$((ends + 1)); fi
        $look
    done
    say "$hits killed, $ends ended before, within $within us: $*"
    [ $hits -ge "$kills" ] || wrong+="only $hits could be killed;"
}
say "seed $seed"

# --- the hook --------------------------------------------------------------------------------

hook prepare
cp "$run/requests/$uuid.request" "$tmp/request"
look_at_request() {
    [ ! -e "$run/requests/$uuid.request" ] ||
        cmp -s "$run/requests/$uuid.request" "$tmp/request" || wrong+='not whole;'
    rm -f "$run/requests/$uuid.request"
    is_before || wrong+='touched the domain;'
}
rounds "$(duration "$hook" guest prepare begin -)" look_at_request "$hook" guest prepare begin -
expect_eq 'a killed hook leaves a whole request, or none' '' "$wrong"

hook started
cp "$run/ledger/$uuid.pins" "$tmp/entry"
look_at_ledger() {
    [ ! -e "$run/ledger/$uuid.pins" ] || cmp -s "$run/ledger/$uuid.pins" "$tmp/entry" ||
        wrong+='not whole;'
    [ $((RANDOM % 2)) = 0 ] || rm -f "$run/ledger/$uuid.pins"
}
rounds "$(duration "$hook" guest started begin -)" look_at_ledger "$hook" guest started begin -
expect_eq 'and a whole entry of the ledger, or none' '' "$wrong"

say "unfinished files they left: $(find "$run" -name 'new-*' | wc -l)"
find "$run" -type f -exec touch -d '-2 minutes' {} +
rm -f "$run/ledger/$uuid.pins"
hook prepare
worker 2>/dev/null
expect_eq 'the next worker clears away what they had begun' 'ledger/lock lock rules.cache' \
    "$(cd "$run" && find . -type f ! -name '*.promise' -printf '%P\n' | LC_ALL=C sort | xargs)"
check 'and tunes the domain' is_after

# --- the worker and the watch -----------------------------------------------------------------

# start_over: as before, and a request; whatever history there is stays
start_over() {
    if is_after; then # an apply that nobody knows the end of is undone with --force; it says so
        vmtune undo guest 2>/dev/null || vmtune undo --force guest 2>/dev/null
        is_before || wrong+='cannot be undone;'
        forget_undos
    fi
    hook prepare
}
round=0
look_at_domain() {
    is_whole || wrong+='half one, half the other;'
    ! is_before || asked || wrong+='request lost;'
    if [ $((++round % 10)) = 0 ]; then
        worker 2>/dev/null
        is_after || wrong+='the next worker did not tune it;'
    fi
    start_over
}
start_over
whole=$(began=$(date +%s%N); worker 2>/dev/null; echo $((($(date +%s%N) - began) / 1000)))
start_over
rounds "$whole" look_at_domain "$prefix/sbin/vmtune-apply"
expect_eq 'a killed worker leaves the domain as before or as after, and what it was asked' '' "$wrong"
rounds $((whole * 2)) look_at_domain "$prefix/bin/vmtune" watch
expect_eq 'so does a killed watch' '' "$wrong"

# --- undo -------------------------------------------------------------------------------------

kills=$((kills / 3))
look_after_undo() {
    is_whole || wrong+='half one, half the other;'
    vmtune undo guest 2>"$tmp/err" || vmtune undo --force guest 2>/dev/null
    is_before || wrong+='cannot be undone;'
    forget_undos
    vmtune apply guest >/dev/null 2>&1
    is_after || wrong+='cannot be applied;'
}
worker 2>/dev/null
rounds "$whole" look_after_undo "$prefix/bin/vmtune" undo guest
expect_eq 'a killed undo can be done again' '' "$wrong"
expect_eq 'libvirt itself agrees with its files' "$(sed '1,/-->/d' "$tmp/after" | grep -c .)" \
    "$(stored guest --security-info | grep -c .)"
vmtune undo guest 2>/dev/null || vmtune undo --force guest 2>/dev/null
expect_eq 'in the end the domain is as it was, byte by byte' "$(cat "$tmp/before.xml")" \
    "$(stored guest --security-info)"
finish
