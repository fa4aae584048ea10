#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# libvirtd is stopped, or killed, in the middle of an apply, of a worker's run and under a watch: no
# domain is half one, half the other, nothing that was asked is lost, and what was begun is ended when
# there is a libvirtd again.
#
# VMTUNE_PREFIX names the folder that vmtune is installed in.
# shellcheck disable=SC2119,SC2317  # the functions are vmtune's programs; called by check
. "$(dirname "$0")/lib.sh"
run_inside "$@"
. "$e2e/vmtune.sh"
. "$e2e/fire.sh"
run=$prefix/run/vmtune
RANDOM=${VMTUNE_TEST_SEED:-4}

names=(one two three four five six)
make_light_image
for name in "${names[@]}"; do define_light "$name"; done
# the parts of libvirt's files that tell
kept() { sed '/^<!--/,/-->/d' "/etc/libvirt/qemu/$1.xml"; }
for name in "${names[@]}"; do kept "$name" >"$tmp/$name.before"; done
vmtune apply "${names[@]}" >/dev/null 2>&1
for name in "${names[@]}"; do
    kept "$name" >"$tmp/$name.after"
    ! cmp -s "$tmp/$name.before" "$tmp/$name.after" || fail "$name was tuned"
done
# undo_all: as before, and not as something that the worker leaves alone
undo_all() {
    local name
    for name in "${names[@]}"; do
        cmp -s <(kept "$name") "$tmp/$name.before" && continue
        vmtune undo "$name" 2>/dev/null || vmtune undo --force "$name" 2>/dev/null
        cmp -s <(kept "$name") "$tmp/$name.before" || wrong+=" $name cannot be undone;"
    done
    forget_undos
}
ask_all() {
    local name
    for name in "${names[@]}"; do
        "$prefix/sbin/vmtune-hook" "$name" prepare begin - <"$tmp/$name.before"
    done
}
asked() { [ -n "$(find "$run"/{requests,claimed} -name "$1.request")" ]; }
# look: each is as before or as after; $pending are those as before
look() {
    local name
    pending=
    for name in "${names[@]}"; do
        if cmp -s <(kept "$name") "$tmp/$name.before"; then
            pending+=" $name"
        elif ! cmp -s <(kept "$name") "$tmp/$name.after"; then
            wrong+=" $name is half one, half the other;"
        fi
    done
}
declare -A uuids
for name in "${names[@]}"; do uuids[$name]=$(uuid_of "$name"); done
# end_libvirtd SIGNAL: after a moment
end_libvirtd() {
    local pid
    pid=$(cat /run/libvirtd.pid)
    sleep "0.0$((RANDOM % 90 + 10))"
    kill "-$1" "$pid"
    timeout 20 tail --pid="$pid" -s 0.01 -f /dev/null
    rm -f /run/libvirtd.pid
}

# during SIGNAL COMMAND...: COMMAND while libvirtd ends
during() {
    local signal=$1
    shift
    timeout 60 "$@" >/dev/null 2>"$tmp/err" &
    local pid=$!
    end_libvirtd "$signal"
    status=0
    wait $pid || status=$?
    look
    [ -z "$pending" ] || [ $status = 2 ] || wrong+=" exit code $status with$pending pending;"
    e2e-restart-libvirtd
}

undo_all
wrong='' cut_short=0
for signal in TERM KILL TERM KILL; do
    during $signal "$prefix/bin/vmtune" apply "${names[@]}"
    [ -z "$pending" ] || cut_short=$((cut_short + 1))
    undo_all
done
expect_eq 'apply, when libvirtd ends: each domain as before or as after, and exit 2 if one is left' \
    '' "$wrong"
say "$cut_short of 4 were cut short; the last said: $(tail -n 1 "$tmp/err")"

wrong='' cut_short=0
for signal in TERM KILL TERM KILL; do
    ask_all
    during $signal "$prefix/sbin/vmtune-apply"
    for name in $pending; do asked "${uuids[$name]}" || wrong+=" request for $name is lost;"; done
    [ -z "$pending" ] || cut_short=$((cut_short + 1))
    worker 2>/dev/null || wrong+=' the next worker failed;'
    look
    [ -z "$pending" ] || wrong+=" the next worker left$pending;"
    [ "$(request_count)" = 0 ] || wrong+=' a request is left;'
    undo_all
done
expect_eq 'the worker: no request is lost, and the next one does what is left' '' "$wrong"
say "$cut_short of 4 were cut short; the last said: $(tail -n 1 "$tmp/err")"

# --- the watch -------------------------------------------------------------------------------

"$prefix/bin/vmtune" watch 2>"$tmp/log" &
watch=$!
all_tuned() { look && [ -z "$pending" ]; }
wrong=
check 'a watch tunes them all' wait_until 20 all_tuned
for signal in KILL TERM; do
    undo_all
    ask_all
    end_libvirtd $signal
    look
    e2e-restart-libvirtd
    check "SIG$signal for libvirtd: the watch comes back, and serves what was asked" \
        wait_until 20 all_tuned
done
expect_eq 'and each domain was as before or as after' '' "$wrong"
expect_eq 'each outage was told once' 2 "$(grep -c 'trying again' "$tmp/log")"
expect_eq 'and each return' 3 "$(grep -c 'watching the domains' "$tmp/log")"
kill "$watch"
wait "$watch"
expect_eq 'it is the same watch, and ends well' 0 $?
finish
