#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Hosts have more than one libvirt: beside the system's, one for each user who asks for a session. All
# of them run the hook, each as its user. A session's guests start, its hook writes nowhere it may
# not, and none of them takes from the system's domains what was asked for those.
#
# VMTUNE_PREFIX names the folder that vmtune is installed in.
# shellcheck disable=SC2016,SC2086,SC2119,SC2174,SC2317  # the functions are vmtune's programs; called by check
. "$(dirname "$0")/lib.sh"
run_inside "$@"
. "$e2e/vmtune.sh"
. "$e2e/fire.sh"
run=$prefix/run/vmtune
# The one who built this may have been anybody: what is root's alone is what counts here.
mkdir -p -m 700 "$run"

make_light_image
define_light system
# as_user COMMAND...: of a user, in a session of its own
home=$tmp/home
mkdir -p "$home/run"
chmod 755 "$tmp"
chown -R 65534:65534 "$home"
chmod 700 "$home/run"
as_user() {
    env -u LIBVIRT_DEFAULT_URI HOME="$home" XDG_RUNTIME_DIR="$home/run" XDG_STATE_HOME="$home/state" \
        setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}
end_daemon() {
    pkill -P "$daemon" libvirtd || kill "$daemon"
    wait "$daemon" 2>/dev/null
}
# The hook, and a note of what it said: libvirt logs that only if the hook fails.
rm /etc/libvirt/hooks/qemu
cat >/etc/libvirt/hooks/qemu <<END
#!/bin/sh
"$prefix/sbin/vmtune-hook" "\$@" 2>>$tmp/said
code=\$?
[ "\$2" != prepare ] || echo "\$1 \$(id -u) \$code" >>$tmp/calls
exit \$code
END
chmod 755 /etc/libvirt/hooks/qemu
: >"$tmp/said"
: >"$tmp/calls"
chmod 666 "$tmp/said" "$tmp/calls"
e2e-reload

# --- a user's session ---------------------------------------------------------------------------

light_xml session >"$tmp/session.xml"
chown 65534:65534 "$tmp/session.qcow2"
# QEMU itself, since the stand-in writes down what was asked of it, which this user may not
export -f as_user
export home
unshare --mount bash -c "umount -n $standin $standin; as_user libvirtd" >/dev/null 2>"$tmp/daemon.log" &
daemon=$!
wait_until 20 as_user virsh -c qemu:///session list
as_user virsh -c qemu:///session define "$tmp/session.xml" >/dev/null
virsh start --paused system >/dev/null
find "$run" -type f | sort >"$tmp/files"
check "a user's guest starts" as_user virsh -c qemu:///session start --paused session
check 'its daemon has run the hook as that user, and it did not fail' \
    grep -qx 'session 65534 0' "$tmp/calls"
check 'it has said why it leaves no request' grep -q "^vmtune: .*'$run'" "$tmp/said"
expect_eq 'and has left nothing' "$(cat "$tmp/files")" "$(find "$run" -type f | sort)"
said as_user "$prefix/bin/vmtune" -c qemu:///session apply session
expect_eq 'the user tunes it by hand' 0 "$status"
expect_eq 'and it is tuned' 1 \
    "$(as_user virsh -c qemu:///session dumpxml --inactive session | grep -c '<metadata_cache>')"
check 'the undo copy is the user'"'"'s' test -n "$(find "$home/state" -user 65534 -name before.xml)"
check 'and undoes it' as_user "$prefix/bin/vmtune" -c qemu:///session undo session
said worker
expect_eq "the system's worker is not disturbed" 0 "$status"
check "and tunes the system's guest" light_is_tuned system
expect_eq 'and no other' 1 "$(grep -c 'tuned by' "$tmp/err")"
as_user virsh -c qemu:///session destroy session >/dev/null
end_daemon

# --- another libvirt of root's: one spool for two daemons -------------------------------------------

vmtune undo system 2>/dev/null
forget_undos
virsh destroy system >/dev/null
# One that has its own state, as in a container that shares only vmtune's folders.
unshare --mount bash -c '
    for folder in /run/libvirt /var/lib/libvirt /var/cache/libvirt /etc/libvirt/qemu; do
        mkdir -p $folder && mount -n -t tmpfs -o mode=755 other $folder
    done
    exec libvirtd --pid-file /run/libvirt/other.pid' >/dev/null 2>"$tmp/daemon.log" &
daemon=$!
other() { nsenter --mount --root --wd=/ --target "$daemon" virsh "$@"; }
wait_until 20 test -e "/proc/$daemon/root/run/libvirt/other.pid"
wait_until 20 other list
light_xml other "<cputune><vcpupin vcpu='0' cpuset='0'/></cputune>" >"$tmp/other.xml"
other define "$tmp/other.xml" >/dev/null
check "the other's guest starts" other start --paused other
virsh start --paused system >/dev/null
uuid=$(other domuuid other | head -1)
check 'the two know nothing of each other' bash -c '! virsh domuuid other'
expect_eq 'both have left a request' 2 "$(request_count)"
check "the ledger has the other's CPU" test -e "$run/ledger/$uuid.pins"
said worker
expect_eq 'the worker exits 0' 0 "$status"
check "it tunes the system's guest" light_is_tuned system
check 'it says of the other that this libvirt does not know it' \
    grep -q 'other: .*another libvirt' "$tmp/err"
expect_eq 'no request is left' 0 "$(request_count)"
expect_eq 'the other is as it was' 0 "$(other dumpxml --inactive other | grep -c '<metadata_cache>')"
check 'the ledger goes on to have its CPU' test -e "$run/ledger/$uuid.pins"
other destroy other >/dev/null
check 'until it has ended' test ! -e "$run/ledger/$uuid.pins"
end_daemon
finish
