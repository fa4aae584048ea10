#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# vmtune's folders are full, read-only or somebody else's, or the clock is wrong: guests start all the
# same, nothing half-written is left, it is said what is wrong, and once that is mended all that was
# asked is done.
#
# VMTUNE_PREFIX names the folder that vmtune is installed in.
# shellcheck disable=SC2016,SC2086,SC2119,SC2174,SC2317  # the functions are vmtune's programs; called by check
. "$(dirname "$0")/lib.sh"
run_inside "$@"
. "$e2e/vmtune.sh"
. "$e2e/fire.sh"
run=$prefix/run/vmtune
state=$prefix/var/lib/vmtune

make_light_image
pin="<cputune><vcpupin vcpu='0' cpuset='0'/></cputune>"
define_light guest "$pin"
uuid=$(uuid_of guest)
mkdir -p "$state" "$run"
chmod 700 "$state" "$run"
definition=/etc/libvirt/qemu/guest.xml
cp $definition "$tmp/before"
# start_anew: as before, as if vmtune had never been there
start_anew() {
    virsh destroy guest >/dev/null 2>&1
    virsh undefine guest >/dev/null
    sed '/^<!--/,/-->/d' "$tmp/before" >"$tmp/before.xml"
    virsh define "$tmp/before.xml" >/dev/null
    rm -rf "${state:?}"/* "${run:?}"/*
}
start() { virsh start --paused guest; }
is_before() { cmp -s $definition "$tmp/before"; }
requests_left() { find "$run/requests" "$run/claimed" -name '*.request' 2>/dev/null | wc -l; }
# unfinished FOLDER: what is neither a lock nor whole
unfinished() { find "$1" -type f \( -name 'new-*' -o -name '*.xml.*' -o -size 0 ! -name lock \); }
# full FOLDER: the rest of its file system is taken
full() { cat /dev/zero >"$1/filler" 2>/dev/null; }

# goes_on SENTENCE: the trouble is over, and the request is served
goes_on() {
    said worker
    expect_eq "$1: then the worker exits 0" 0 "$status"
    check "$1: then what was asked is done" light_is_tuned guest
    expect_eq "$1: then no request is left" 0 "$(requests_left)"
    check "$1: then it can be undone" vmtune undo guest
    start_anew
}

# --- the run directory --------------------------------------------------------------------------

# starts_without SENTENCE PATTERN: the guest starts, though the hook cannot leave a request; the hook
# and the worker say why
starts_without() {
    check "$1: the guest starts" start
    expect_eq "$1: nothing half-written" '' "$(unfinished "$run")"
    said "$prefix/sbin/vmtune-hook" guest prepare begin - <"$tmp/before.xml"
    expect_eq "$1: the hook exits 0" 0 "$status"
    check "$1: the hook says why" grep -q "^vmtune: .*'$run.*$2" "$tmp/err"
    check "$1: libvirt restarts, and the guest lives" e2e-restart-libvirtd
    check "$1: it runs" test "$(virsh domstate guest | head -1)" = paused
    check "$1: and ends" virsh destroy guest
}

start_anew
mount -n -t tmpfs -o mode=700,size=64k full "$run"
full "$run"
starts_without 'a full run directory' 'No space left'
rm "$run/filler"
start >/dev/null
goes_on 'a full run directory'

mkdir -p -m 700 "$run"/{requests,claimed,ledger}
mount -n -o remount,ro "$run"
starts_without 'a read-only run directory' 'Read-only'
said worker
expect_eq 'a read-only run directory: the worker exits 2' 2 "$status"
check 'a read-only run directory: the worker says why' grep -q "'$run.*Read-only" "$tmp/err"
check 'a read-only run directory: vmtune itself applies' vmtune apply guest
mount -n -o remount,rw "$run"
start_anew
start >/dev/null
goes_on 'a read-only run directory'
umount -n "$run"

chmod 777 "$run"
starts_without 'a run directory that all can write' 'mode .0777'
said worker
expect_eq 'a run directory that all can write: the worker exits 2' 2 "$status"
check 'a run directory that all can write: the worker says so' grep -q "'$run'.*mode '0777'" "$tmp/err"
chmod 700 "$run"
start >/dev/null
goes_on 'a run directory that all can write'

# --- the state directory ------------------------------------------------------------------------

# kept_for_later SENTENCE PATTERN: there is no undo copy, so nothing is stored, by whomever
kept_for_later() {
    check "$1: the guest starts" start
    said worker
    expect_eq "$1: the worker exits 2" 2 "$status"
    check "$1: the worker says where and why" grep -q "guest: .*$state.*$2" "$tmp/err"
    check "$1: nothing is stored without an undo copy" is_before
    expect_eq "$1: the request is kept" 1 "$(requests_left)"
    said vmtune apply guest
    expect_eq "$1: apply exits 2" 2 "$status"
    check "$1: apply says where and why" grep -q "guest: .*$state.*$2" "$tmp/err"
    check "$1: and stores nothing" is_before
    expect_eq "$1: nothing half-written" '' "$(unfinished "$state" | grep -v filler)"
    "$prefix/bin/vmtune" watch 2>"$tmp/watch" &
    watch=$!
    check "$1: a watch says so" wait_until 10 grep -q "guest: .*$state.*$2" "$tmp/watch"
    sleep 2
    check "$1: and tries seldom" test "$(grep -c "$2" "$tmp/watch")" -le 2
    check "$1: nothing is stored by it" is_before
}
# watch_goes_on SENTENCE: the watch that is still there tries again
watch_goes_on() {
    check "$1: then the watch tunes it by itself" wait_until 20 light_is_tuned guest
    expect_eq "$1: then no request is left" 0 "$(requests_left)"
    kill "$watch"
    wait "$watch"
    expect_eq "$1: the watch ends well" 0 $?
    check "$1: then it can be undone" vmtune undo guest
    start_anew
}

mount -n -t tmpfs -o mode=700,size=64k full "$state"
full "$state"
kept_for_later 'a full state directory' 'No space left'
rm "$state/filler"
watch_goes_on 'a full state directory'

mount -n -o remount,ro "$state"
kept_for_later 'a read-only state directory' 'Read-only'
mount -n -o remount,rw "$state"
watch_goes_on 'a read-only state directory'
umount -n "$state"

# --- room for a part ------------------------------------------------------------------------------

# Page by page more room: whatever it is enough for, the domain is as before or can be undone.
wrong=
mount -n -t tmpfs -o mode=700,size=16k full "$state"
for ((pages = 4; pages <= 10; pages++)); do
    mount -n -o "remount,size=$((pages * 4))k" "$state"
    vmtune apply guest >/dev/null 2>"$tmp/err"
    if is_before; then
        grep -q 'No space left' "$tmp/err" || wrong+="$pages: not said;"
        [ -z "$(unfinished "$state")" ] || wrong+="$pages: unfinished;"
    else
        vmtune undo guest 2>/dev/null || vmtune undo --force guest 2>/dev/null
        is_before || wrong+="$pages: cannot be undone;"
    fi
done
expect_eq 'little room: as before and said so, or undone' '' "$wrong"
umount -n "$state"
start_anew

# --- somebody without rights -------------------------------------------------------------------

nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups env HOME="$tmp" "$@"; }
said nobody "$prefix/sbin/vmtune-hook" guest prepare begin - <"$tmp/before.xml"
expect_eq 'a user without rights: the hook exits 0' 0 "$status"
said nobody "$prefix/sbin/vmtune-apply"
expect_eq 'a user without rights: the worker exits 2' 2 "$status"
check 'a user without rights: it says where' grep -q "'$run'" "$tmp/err"
said nobody "$prefix/bin/vmtune" apply guest
expect_eq 'a user without rights: apply exits 2' 2 "$status"
check 'a user without rights: it says why' grep -Eqi 'permission|denied' "$tmp/err"
say "$(cat "$tmp/err")"
check 'and nothing is stored' is_before

# --- the clock ----------------------------------------------------------------------------------

start >/dev/null
cp -p "$run/ledger/$uuid.pins" "$tmp/entry"
vmtune apply guest >/dev/null 2>&1
vmtune undo guest 2>/dev/null
forget_undos
: >"$run/new-0123456789abcdef"
find "$run" "$state" -exec touch -d '+2 days' {} + # the clock was two days ahead, and is set back
said worker
expect_eq 'a clock that was set back: the worker exits 0' 0 "$status"
check 'a clock that was set back: the request is served' light_is_tuned guest
check 'a clock that was set back: the running guest is in the ledger' \
    cmp "$tmp/entry" "$run/ledger/$uuid.pins"
expect_eq 'a clock that was set back: unfinished files go' '' "$(unfinished "$run")"
check 'a clock that was set back: the last apply is undone' vmtune undo guest
check 'a clock that was set back: it is as before' is_before
virsh destroy guest >/dev/null
finish
