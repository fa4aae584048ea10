#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# `vmtune watch` on a real libvirtd: a domain is tuned before its first start, once for each change;
# the watch quarrels with nobody for ever, outlives libvirtd, and ends when it is told to.
#
# VMTUNE_PREFIX names the folder that vmtune is installed in.
# shellcheck disable=SC2094,SC2317  # the name of a file and the file; called by check
. "$(dirname "$0")/lib.sh"
run_inside "$@"
prefix=${VMTUNE_PREFIX:?names the folder that vmtune is installed in}
requests=$prefix/run/vmtune/requests
log=$tmp/log

rm -rf "$prefix/run/vmtune" "$prefix/var/lib/vmtune"

# start_watch, stop_watch SIGNAL: its exit code is in $status
start_watch() {
    "$prefix/bin/vmtune" watch 2>>"$log" &
    watch=$!
}
stop_watch() {
    kill -"$1" "$watch"
    status=0
    wait "$watch" 2>/dev/null || status=$?
}
times() { grep -c "$1" "$log"; } # how often TEXT was logged
reached() { [ "$(times "$1")" -ge "$2" ]; }
tuned() { virsh dumpxml --inactive "$1" | grep -q '<stimer '; }
untuned() { ! tuned "$1"; }
served() { [ -z "$(ls "$requests")" ]; }
request() { # DOMAIN: what the hook leaves when it starts
    virsh dumpxml "$1" | "$prefix/sbin/vmtune-hook" "$1" prepare begin -
}
without_stimer() { sed "/<stimer [^>]*\/>/d; /<stimer /,/<\/stimer>/d"; }
ticks() { awk '{ print $14 + $15 }' "/proc/$watch/stat"; }

# --- definitions -----------------------------------------------------------------------

define_kvm_windows_domain earlier >/dev/null
start_watch
check 'a domain that was there before is tuned' wait_until 20 tuned earlier

define_kvm_windows_domain win10 >/dev/null
check 'a new domain is tuned' wait_until 10 tuned win10
virsh start win10 >/dev/null
check 'its first start runs with synthetic timers' grep -q hv-stimer <(asked_argv win10)
virsh destroy win10 >/dev/null

virsh dumpxml --inactive win10 --security-info | without_stimer >"$tmp/edited.xml"
virsh define "$tmp/edited.xml" >/dev/null
check 'an edited one is tuned again' wait_until 10 tuned win10
before=$(ticks)
sleep 3
expect_eq 'once for each change, and not for its own' 2 "$(times 'win10: tuned by')"
check 'an idle watch takes no time' [ $(($(ticks) - before)) -le 5 ]
expect_eq 'nothing else was said' 3 "$(grep -vc 'watching the domains' "$log")"

"$prefix/bin/vmtune" undo win10 2>/dev/null
check 'an undo is no change to mend' wait_until 10 reached "win10: left as 'vmtune undo'" 1
sleep 1
check 'it stays undone' untuned win10
"$prefix/bin/vmtune" apply win10 >/dev/null 2>&1
check 'until it is applied by hand' tuned win10

# --- a quarrel -------------------------------------------------------------------------

windows_xml fought | sed '/<name>/a <uuid>8a3f7d0e-4a53-4d0b-9c39-3c1f5b6f0001</uuid>' \
    >"$tmp/fought.xml"
virsh define "$tmp/fought.xml" >/dev/null
while sleep 0.1; do
    ! tuned fought || virsh define "$tmp/fought.xml"
done >/dev/null 2>&1 &
other=$!
check 'a quarrel ends with a warning' wait_until 30 reached 'fought: tuned .* times' 1
sleep 2
expect_eq 'there is one warning' 1 "$(times 'fought: tuned .* times')"
expect_eq 'it came after three rounds' 3 "$(times 'fought: tuned by')"
check 'the other has its way' untuned fought
kill "$other"
wait "$other" 2>/dev/null
virsh dumpxml --inactive fought --security-info |
    sed '/<uuid>/a <title>more</title>' >"$tmp/more.xml"
virsh define "$tmp/more.xml" >/dev/null
sleep 1.5
check 'it is still left alone' untuned fought
virsh undefine fought >/dev/null
virsh define "$tmp/fought.xml" >/dev/null
check 'a domain that is defined anew starts anew' wait_until 10 tuned fought

# --- libvirtd --------------------------------------------------------------------------

kill -TERM "$(cat /run/libvirtd.pid)"
sleep 4
rm -f /run/libvirtd.pid
e2e-restart-libvirtd
check 'the watch comes back after libvirtd' wait_until 15 reached 'watching the domains' 2
expect_eq 'an outage is told once' 1 "$(times 'trying again')"
define_kvm_windows_domain later >/dev/null
check 'it hears what a new libvirtd says' wait_until 10 tuned later
expect_eq 'what was tuned is left alone' 2 "$(times 'win10: tuned by')"

# --- requests --------------------------------------------------------------------------

request win10
check 'a request is served' wait_until 10 served
rm -rf "${requests:?}"
sleep 1.5
request win10
check 'also after the folder was taken away' wait_until 10 served

# --- the end ---------------------------------------------------------------------------

stop_watch KILL
define_kvm_windows_domain meanwhile >/dev/null
request meanwhile
cp "$requests"/* "$prefix/run/vmtune/claimed" # one that it had taken
start_watch
check 'after kill -9 the next watch takes up what there is' wait_until 20 served
check 'and tunes it' wait_until 10 tuned meanwhile
expect_eq 'nothing is left of the one that died' '' "$(ls "$prefix/run/vmtune/claimed")"

start=$(date +%s%N)
stop_watch TERM
expect_eq 'SIGTERM ends it with 0' 0 "$status"
check 'within 2 seconds' [ $(($(date +%s%N) - start)) -lt 2000000000 ]
start_watch
wait_until 20 reached 'watching the domains' 4
stop_watch INT
expect_eq 'so does SIGINT' 0 "$status"
say "$(cat "$log")"

# --- the journal -----------------------------------------------------------------------

mkdir -p /run/systemd/journal
python3 - "$tmp/journal" <<'END' &
import socket, sys
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind("/run/systemd/journal/socket")
with open(sys.argv[1], "wb", buffering=0) as journal:
    while True:
        journal.write(listener.recv(1 << 20) + b"\n")
END
journal=$!
wait_until 10 test -S /run/systemd/journal/socket
define_kvm_windows_domain logged >/dev/null
request logged
: >"$tmp/stream"
JOURNAL_STREAM=$(stat -c %d:%i "$tmp/stream") "$prefix/sbin/vmtune-apply" 2>"$tmp/stream"
entry() { grep -aqx "$1" "$tmp/journal"; }
check 'the journal gets the line' entry 'MESSAGE=logged: tuned by .*'
check 'with the domain' entry 'VMTUNE_DOMAIN=logged'
check 'its UUID' entry "VMTUNE_UUID=$(virsh domuuid logged | head -n 1)"
check 'each rule' entry 'VMTUNE_RULE=hyperv/stimer'
check 'each change' entry 'VMTUNE_CHANGE=features/hyperv/stimer/@state: on'
check 'and what it is about' entry 'MESSAGE_ID=200b7c25b4d34d4dbaaf58ea78a76170'
expect_eq 'one entry for the domain' 1 "$(grep -ac '^MESSAGE=' "$tmp/journal")"
expect_eq 'and nothing beside it' '' "$(cat "$tmp/stream")"
"$prefix/bin/vmtune" undo logged 2>/dev/null
virsh dumpxml --inactive logged --security-info |
    sed '/<uuid>/a <title>more</title>' >"$tmp/more.xml"
virsh define "$tmp/more.xml" >/dev/null
request logged
G_MESSAGES_DEBUG=vmtune JOURNAL_STREAM=1:1 "$prefix/sbin/vmtune-apply" 2>"$tmp/stream"
check 'led elsewhere, it writes lines' grep -q '^vmtune-apply: logged: tuned by ' "$tmp/stream"
check 'with the details if they are asked for' \
    grep -q '^vmtune-apply: logged: hyperv/stimer: .*next-boot' "$tmp/stream"
kill "$journal"
finish
