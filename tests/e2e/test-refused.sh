#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# libvirt refuses: polkit does not let the user, or is not there; the connection is read-only; the
# definition cannot be stored. It is said what was refused and by whom, the exit code is 2, nothing is
# left half-done, and nobody tries again and again.
#
# VMTUNE_PREFIX names the folder that vmtune is installed in.
# shellcheck disable=SC2016,SC2086,SC2119,SC2174,SC2317  # the functions are vmtune's programs; called by check
. "$(dirname "$0")/lib.sh"
polkitd=/usr/lib/polkit-1/polkitd
for tool in dbus-daemon setpriv $polkitd; do
    command -v $tool >/dev/null || { echo "no $tool here" >&2; exit 77; }
done
run_inside "$@"
. "$e2e/vmtune.sh"
. "$e2e/fire.sh"

make_light_image
chmod 755 "$tmp"
define_light guest
uuid=$(uuid_of guest)
kept() { sed '/^<!--/,/-->/d' /etc/libvirt/qemu/guest.xml; }
kept >"$tmp/before"
unchanged() { cmp "$tmp/before" <(kept); }

# A user of the system, with a state directory and a spool of its own.
home=$tmp/home
mkdir -p "$home/run"
chown -R 65534:65534 "$home"
chmod 700 "$home" "$home/run"
user() { setpriv --reuid 65534 --regid 65534 --clear-groups env HOME="$home" XDG_STATE_HOME="$home" "$@"; }
ask_user() {
    mkdir -p "$home/run/requests"
    printf '[request]\nformat=1\nuuid=%s\nname=guest\noperation=prepare\n' "$uuid" \
        >"$home/run/requests/$uuid.request"
    chmod -R go= "$home/run"
    chown -R 65534:65534 "$home/run"
}
asked_user() { find "$home"/run/{requests,claimed} -name '*.request' | wc -l; }
user_entries() { find "$home/vmtune" -name before.xml 2>/dev/null | wc -l; }

# refused SENTENCE PATTERN COMMAND...
refused() {
    local sentence=$1 pattern=$2
    shift 2
    said "$@"
    expect_eq "$sentence: exit 2" 2 "$status"
    check "$sentence: it is said what was refused" grep -Eq -- "$pattern" "$tmp/err"
    say "$(grep -v '^#' "$tmp/err" | tail -n 1)"
    check "$sentence: nothing is stored" unchanged
}

# --- a read-only connection ------------------------------------------------------------------

echo 'unix_sock_rw_perms = "0700"' >>/etc/libvirt/libvirtd.conf
e2e-restart-libvirtd
said user "$prefix/bin/vmtune" check guest
expect_eq 'a user that may only look: check judges' 1 "$status"
refused 'a user that may only look: apply' "cannot connect to libvirt.*denied" \
    user "$prefix/bin/vmtune" apply guest
refused 'a user that may only look: undo' "cannot connect to libvirt.*denied" \
    user "$prefix/bin/vmtune" undo guest
ask_user
refused 'a user that may only look: the worker' "cannot connect to libvirt.*denied" \
    user "$prefix/sbin/vmtune-apply" --spool "$home/run"
expect_eq 'a user that may only look: the request is kept' 1 "$(asked_user)"

# --- polkit is asked, and is not there ---------------------------------------------------------

sed -i '/unix_sock_rw_perms/d' /etc/libvirt/libvirtd.conf
echo 'access_drivers = [ "polkit" ]' >>/etc/libvirt/libvirtd.conf
e2e-restart-libvirtd 2>/dev/null # virsh is refused, too
"$prefix/sbin/vmtune-hook" guest prepare begin - <"$tmp/before"
refused 'polkit is not there: apply' "vmtune: .*: .*" vmtune apply guest
refused 'polkit is not there: the worker' "vmtune-apply: .*: .*" worker
expect_eq 'polkit is not there: the request is kept' 1 "$(request_count)"

# --- polkit lets the user look, and not store -----------------------------------------------------

mkdir -p /run/dbus
mount -n -t tmpfs -o mode=755 rules /etc/polkit-1/rules.d
# rules EXPRESSION: what the user may do; action.id is one of libvirt's
rules() {
    cat >/etc/polkit-1/rules.d/10-test.rules.new <<END
polkit.addRule(function(action, subject) {
    if (subject.user == "nobody" && action.id.indexOf("org.libvirt.api.") == 0)
        return ($1) ? polkit.Result.YES : polkit.Result.NO;
});
END
    mv /etc/polkit-1/rules.d/10-test.rules{.new,}
}
rules '!/\.domain\.(save|write)$/.test(action.id)'
dbus-daemon --system --fork --nopidfile
$polkitd --no-debug >"$tmp/polkitd" 2>&1 &
may_look() { user virsh domstate guest; }
e2e-restart-libvirtd
check 'polkit lets the user look' wait_until 10 may_look

said user "$prefix/bin/vmtune" check guest
expect_eq 'a user that may not store: check judges' 1 "$status"
refused 'a user that may not store: apply' "guest.*access denied" \
    user "$prefix/bin/vmtune" apply guest
expect_eq 'a user that may not store: no undo copy is left' 0 "$(user_entries)"
ask_user
said user "$prefix/sbin/vmtune-apply" --spool "$home/run"
check 'a user that may not store: the worker says what was refused' \
    grep -q 'guest.*access denied' "$tmp/err"
expect_eq 'the request is done with: the next start asks again' 0 "$(asked_user)"
said user "$prefix/sbin/vmtune-apply" --spool "$home/run"
expect_eq 'the next worker has nothing to say' '0 ' "$status $(cat "$tmp/err")"

user "$prefix/bin/vmtune" watch 2>"$tmp/watch" &
watch=$!
refusals() { grep -c 'access denied' "$tmp/watch"; }
was_refused() { [ "$(refusals)" -ge 1 ]; }
check 'a watch that may not store says so' wait_until 15 was_refused
sleep 2
expect_eq 'once' 1 "$(refusals)"
check 'nothing is stored' unchanged

rules true
apply_as_user() { user "$prefix/bin/vmtune" apply guest; }
check 'once polkit lets the user, apply tunes the domain' wait_until 10 apply_as_user
check 'it does' light_is_tuned guest
check 'and the user can undo it' user "$prefix/bin/vmtune" undo guest
check 'byte by byte' unchanged
kill "$watch"
wait "$watch" 2>/dev/null

# --- libvirt itself cannot store it -----------------------------------------------------------------

sed -i '/access_drivers/d' /etc/libvirt/libvirtd.conf
e2e-restart-libvirtd
mount -n --bind /etc/libvirt/qemu /etc/libvirt/qemu
mount -n -o remount,bind,ro /etc/libvirt/qemu
refused 'libvirt cannot store it: apply' "guest.*Read-only" vmtune apply guest
expect_eq 'libvirt cannot store it: no undo copy is left' 0 "$(entries guest)"
said worker
check 'libvirt cannot store it: the worker says so' grep -q 'guest.*Read-only' "$tmp/err"
umount -n /etc/libvirt/qemu
"$prefix/sbin/vmtune-hook" guest prepare begin - <"$tmp/before"
said worker
check 'once it can, the next start has it tuned' light_is_tuned guest
finish
