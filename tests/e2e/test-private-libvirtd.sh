#!/bin/bash
# Proves that private-libvirtd gives back the exit code of its command, says why it cannot
# run, and leaves nothing behind however it ends.
#
#   test-private-libvirtd.sh

set -u
. "$(dirname "$0")/lib.sh"

private=$e2e/private-libvirtd
"$private" -- true || exit      # 77 where it cannot run
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
guest=teardown-$$

# host_state: what a run could have changed, with times of change.
host_state() {
    cat /proc/self/mounts
    find /etc/libvirt /var/lib/libvirt /var/cache/libvirt /var/log/libvirt \
        /run/libvirt /run/mount /run/qemu-kvm-standin -printf '%p %T@ %C@\n' 2>/dev/null
    find /sys/fs/cgroup -type d 2>/dev/null | grep -E 'libvirt|machine'
}

# start_guest_and_wait: a private-libvirtd in the background that would go on for a minute
# with a guest running.
start_guest_and_wait() {
    rm -f "$tmp/ready"
    # a background job of a script ignores SIGINT unless it is told otherwise
    # shellcheck disable=SC2016  # for the shell in there
    env --default-signal=INT,HUP "$private" -- bash -c '
        . "$1/lib.sh"
        run_inside
        { define_tcg_domain "$2" && virsh start "$2"; } >/dev/null
        touch "$3/ready"
        sleep 60' - "$e2e" "$guest" "$tmp" &
    running=$!
    wait_until 30 test -e "$tmp/ready"
}

# shellcheck disable=SC2317  # called by wait_until
nothing_runs() { ! pgrep -f "$guest"; }

before=$(host_state)

# --- the command -----------------------------------------------------------------------

"$private" -- bash -c 'exit 7'
expect_eq "the exit code is the command's" 7 $?
expect_eq "arguments arrive whole" "[a  b] []" \
    "$("$private" -- printf '[%s] [%s]' 'a  b' '')"
expect_eq "standard input arrives" hello "$(echo hello | "$private" -- cat)"
"$private" --keep-log "$tmp/log" -- true
check "logs are kept on demand" test -s "$tmp/log/libvirtd.log"

# --- where it cannot run ---------------------------------------------------------------

# user namespaces are not to be had in a chroot, and nobody may not read every folder
not_root='unshare --user'
$not_root true 2>/dev/null || not_root='setpriv --reuid 65534 --regid 65534 --clear-groups'
said=$($not_root "$private" -- true 2>&1)
expect_eq "77 and why: not root" \
    "77 private-libvirtd: cannot run here: not root" "$? $said"
# shellcheck disable=SC2016  # for the shell in there
said=$(unshare --mount bash -c '
    mount -n --bind /dev/null "$(command -v virtlogd)"
    "$1" -- true' - "$private" 2>&1)
expect_eq "77 and why: a program is missing" \
    "77 private-libvirtd: cannot run here: missing: virtlogd" "$? $said"
"$private" true 2>/dev/null
expect_eq "2 if used wrongly" 2 $?

# --- however it ends -------------------------------------------------------------------

for signal in TERM INT HUP KILL; do
    start_guest_and_wait
    check "a guest runs" pgrep -f "guest=$guest"
    kill -"$signal" "$running"
    check "nothing of it runs after SIG$signal" wait_until 5 nothing_runs
    wait "$running" 2>/dev/null
done

timeout 1 "$private" -- sleep 60 2>/dev/null
expect_eq "a timeout ends it" 124 $?
expect_eq "the host is as before" "$before" "$(host_state)"

finish
