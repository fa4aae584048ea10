#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The worker and the watch, shut in as their units shut them in, still do their job on a real
# libvirtd; and what they are kept from they are kept from.
#
# VMTUNE_PREFIX names the folder that vmtune is installed in.
# shellcheck disable=SC2317  # called by check
. "$(dirname "$0")/lib.sh"
run_inside "$@"
. "$e2e/vmtune.sh"
log=$tmp/log

units=$prefix/lib/systemd/system
apply=$units/vmtune-apply.service watch=$units/vmtune-watch.service
# command UNIT KEY: what the unit runs; systemd is asked for libvirt's system connection
command_of() { sed -n "s/^$2=//p" "$1"; }
# shut_in UNIT COMMAND...
shut_in() { "$e2e/as-unit" "$@"; }
# run_service UNIT: as systemd starts it
run_service() {
    local line
    while read -r line; do
        # shellcheck disable=SC2086  # a command and its words
        shut_in "$1" $line || return
    done < <(command_of "$1" ExecStartPre; command_of "$1" ExecStart)
}
tuned() { stored "$1" | grep -q '<stimer '; }
if ! command -v systemd-analyze >/dev/null; then
    echo '1..0 # SKIP no systemd-analyze here: it knows the groups of system calls'
    exit 77
fi
vmtune_dirs=("$prefix/run/vmtune" "$prefix/var/lib/vmtune")
install -d -m 700 "${vmtune_dirs[@]}"

# a guest's image in a home folder that is closed to all but its owner
mount -n -t tmpfs -o mode=755 home /home
install -d -o 65534 -m 700 /home/somebody
image_away() { # NAME
    qemu-img create -q -f qcow2 "/home/somebody/$1.qcow2" 1T # more than the default cache covers
    chown 65534:65534 "/home/somebody/$1.qcow2"
    chmod 600 "/home/somebody/$1.qcow2"
    sed -i "s,$tmp/$1.qcow2,/home/somebody/$1.qcow2," "$tmp/$1.xml"
}
windows_xml win10 >"$tmp/win10.xml"
image_away win10
virsh define "$tmp/win10.xml" >/dev/null

# --- the worker --------------------------------------------------------------------------

virsh start win10 >/dev/null
expect_eq 'a start leaves a request' 1 "$(request_count)"
run_service "$apply" 2>"$log"
expect_eq 'the worker, shut in, exits 0' 0 $?
say "$(cat "$log")"
check 'it has tuned the domain' tuned win10
check 'the size of an image in a closed home folder counted' stored_has win10 '<metadata_cache'
expect_eq 'the request is done with' 0 "$(request_count)"
expect_eq 'it says so in one line and nothing else' 1 "$(wc -l <"$log")"
check 'the copy for undo is root'"'"'s alone' bash -c \
    '[ "$(find "$0" -type f ! -perm 600 -o -type d ! -perm 700)" = "" ]' "$prefix/var/lib/vmtune"
check 'with the password' grep -rq "passwd='secret'" "$history"
check 'and takes it back' vmtune undo win10
virsh destroy win10 >/dev/null

# --- what it is kept from ----------------------------------------------------------------

kept_from() { # SENTENCE COMMAND...
    local sentence=$1
    shift
    check "it is kept from $sentence" bash -c '! "$@" 2>/dev/null' - shut_in_apply "$@"
}
shut_in_apply() { shut_in "$apply" "$@"; }
export -f shut_in_apply shut_in
export e2e apply
kept_from 'writing to /etc' touch /etc/made
kept_from 'writing to /usr' touch "$prefix/sbin/made"
kept_from 'writing to its own rules' touch "$prefix/share/vmtune/rules/made.xml"
kept_from 'writing to its configuration' touch "$prefix/etc/vmtune/made"
kept_from 'writing to a guest'"'"'s image' dd if=/dev/zero of=/home/somebody/win10.qcow2 count=1
kept_from 'writing to kernel tunables' sh -c 'echo 1 >/proc/sys/kernel/core_uses_pid'
kept_from 'giving files away' chown 65534 "$prefix/run/vmtune"
kept_from 'becoming somebody else' setpriv --reuid=65534 true
kept_from 'name spaces of its own' unshare --mount true
kept_from 'the network' python3 -c 'import socket; socket.socket(socket.AF_INET)'
kept_from 'memory that it can write and run' python3 -c 'import mmap; mmap.mmap(-1, 4096, prot=7)'
kept_from 'looking into other processes' python3 -c \
    'open(f"/proc/{__import__("os").getppid()}/mem", "rb")'
check 'and may write to its two folders' shut_in "$apply" \
    sh -c 'touch "$1/made" "$2/made" && rm "$1/made" "$2/made"' - "${vmtune_dirs[@]}"

# --- the watch ---------------------------------------------------------------------------

read -ra words <<<"$(command_of "$watch" ExecStart)"
"$e2e/as-unit" "$watch" "${words[@]}" 2>>"$log" &
pid=$!
wait_until 20 grep -q 'watching the domains' "$log" || fail 'the watch, shut in, watches'
define_kvm_windows_domain fresh >/dev/null
check 'the watch, shut in, tunes a domain before its first start' wait_until 20 tuned fresh
e2e-restart-libvirtd
define_kvm_windows_domain later >/dev/null
check 'and after libvirt came back' wait_until 30 tuned later
kill -TERM $pid
wait $pid
expect_eq 'and ends when it is told to' 0 $?
check 'neither has met anything that it was not allowed' bash -c \
    '! grep -iE "not permitted|not supported|read-only|CRITICAL|WARNING" "$0"' "$log"
finish
