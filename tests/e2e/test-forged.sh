#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What other users can do to vmtune on a real libvirtd: nothing. Requests, ledger, undo copies and
# rules that are not root's alone are not believed, links are not followed, and no secret of a
# domain is where others can read it. SECURITY.md says what all this is for.
#
# VMTUNE_PREFIX names the folder that vmtune is installed in.
# shellcheck disable=SC2317  # called by check
. "$(dirname "$0")/lib.sh"
run_inside "$@"
. "$e2e/vmtune.sh"
run=$prefix/run/vmtune
state=$prefix/var/lib/vmtune

as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
not() { ! "$@"; }
tuned() { stored "$1" | grep -q '<stimer '; }
serve() { worker 2>"$tmp/log"; }
uuid_of() { virsh domuuid "$1" | head -n 1; }
# as_before: untuned, and without the word that an undo leaves, which would keep the worker off
as_before() {
    rm -rf "$state"
    virsh define "$tmp/original.xml" >/dev/null
}
# call_hook OPERATION...: as libvirt does, without the time that a start takes
call_hook() {
    local operation
    for operation in "$@"; do
        "$prefix/sbin/vmtune-hook" win10 "$operation" begin - <"$tmp/pinned.xml" 2>>"$tmp/err"
    done
}
# what the hook would have left
request_text() { printf '[request]\nformat=1\nuuid=%s\nname=win10\noperation=prepare\n' "$uuid"; }

define_kvm_windows_domain win10 >/dev/null
uuid=$(uuid_of win10)
stored win10 --security-info >"$tmp/original.xml"
sed "s,</vcpu>,&<cputune><vcpupin vcpu='0' cpuset='0'/></cputune>," "$tmp/original.xml" \
    >"$tmp/pinned.xml"
check 'root tunes the domain, and has its folders then' vmtune apply win10
virsh define "$tmp/original.xml" >/dev/null
call_hook prepare
expect_eq 'the hook leaves a request' 1 "$(request_count)"

# --- as another user -------------------------------------------------------------------

for folder in "$run" "$requests" "$run/claimed" "$run/ledger" "$state" "$history"; do
    check "nobody can list ${folder#"$prefix"/}" not as_nobody ls "$folder"
    check "nobody can write to ${folder#"$prefix"/}" not as_nobody touch "$folder/made"
done
check "nobody's worker gets nowhere" not as_nobody "$prefix/sbin/vmtune-apply"
as_nobody "$prefix/sbin/vmtune-hook" win10 prepare begin - <"$tmp/win10.xml" >"$tmp/out" 2>"$tmp/err"
expect_eq "nobody's hook leaves no request" '1 0' "$(request_count) $(wc -c <"$tmp/out")"

# --- the run directory in other hands ----------------------------------------------------

rm -rf "$run"
forge() { # a spool as an attacker would make it
    install -d -o 65534 -m 700 "$run"
    as_nobody mkdir "$requests" "$run/claimed" "$run/ledger"
    request_text | as_nobody tee "$requests/$uuid.request" >/dev/null
}
forge
serve
expect_eq 'a spool that belongs to somebody else: the worker says no' 2 $?
check 'and why' grep -q "belongs to the user '65534'" "$tmp/log"
check 'and tunes nothing' not tuned win10
virsh start win10 >/dev/null
expect_eq 'a guest starts all the same' running "$(virsh domstate win10 | xargs)"
virsh destroy win10 >/dev/null
expect_eq 'and nothing is written there' "$uuid.request" "$(find "$run" -type f -printf '%f\n')"
rm -rf "$run"

for folder in requests claimed; do
    install -d -m 700 "$run" "$requests" "$run/claimed"
    chmod 1777 "$run/$folder"
    request_text | as_nobody tee "$run/$folder/$uuid.request" >/dev/null
    serve
    expect_eq "a folder '$folder' that others can write: the worker says no" 2 $?
    check 'and tunes nothing' not tuned win10
    rm -rf "$run"
done

# the folder was open for a while, is root's again, and what somebody left there is there still
install -d -m 700 "$run" "$requests" "$run/claimed"
request_text >"$requests/$uuid.request"
chown 65534 "$requests/$uuid.request"
serve
check "somebody else's request in root's folder is rejected" test -e "$run/rejected/$uuid.request"
check 'and nothing is tuned' not tuned win10
request_text >"$requests/$uuid.request"
chmod 600 "$requests/$uuid.request"
serve
check "the same request, root's own, is served" tuned win10
as_before

# --- links -------------------------------------------------------------------------------

victim=/etc/victim
echo precious >$victim
intact() { expect_eq "$1" precious "$(cat $victim)"; }
policy enforce # or the hook would look at no rules
for place in "requests/$uuid.request" "claimed/$uuid.request" "ledger/$uuid.pins" ledger/lock \
    lock rules.cache errors.cache; do
    rm -rf "$run"
    install -d -m 700 "$run" "$requests" "$run/claimed" "$run/ledger"
    ln -s $victim "$run/$place"
    call_hook prepare started release
    serve
    intact "a link in the place of $place is not written through"
    as_before
done
check 'the hook has kept the rules that it looked at' test -f "$run/errors.cache" -a ! -h "$run/errors.cache"
policy apply
for place in run/vmtune run/vmtune/requests run/vmtune/ledger var/lib/vmtune/history; do
    rm -rf "$run" "$tmp/elsewhere"
    mkdir -m 700 "$tmp/elsewhere" "$run"
    rm -rf "${prefix:?}/$place"
    ln -s "$tmp/elsewhere" "$prefix/$place"
    call_hook prepare started
    serve
    vmtune apply win10 >/dev/null 2>&1
    expect_eq "nothing is written through a link in the place of $place" '' "$(ls "$tmp/elsewhere")"
    rm "$prefix/$place"
    as_before
done
rm $victim

# --- undo copies in other hands -------------------------------------------------------------

vmtune apply win10 >/dev/null 2>&1
check 'the domain is tuned' tuned win10
before=$(stored win10)
entry=$(find "$history" -name before.xml)
sed -i 's,<memory unit=.KiB.>.*</memory>,<memory unit="KiB">131072</memory>,' "$entry"
chown -R 65534 "$state"
vmtune undo win10 2>"$tmp/err"
expect_eq "an undo copy in somebody else's folder is not stored" 2 $?
check 'and it is said why' grep -q "belongs to the user '65534'" "$tmp/err"
vmtune undo --force win10 2>/dev/null
expect_eq 'not even by force' 2 $?
expect_eq 'the domain is as it was' "$before" "$(stored win10)"
rm -rf "$state"

# --- rules in other hands --------------------------------------------------------------------

as_before
mkdir -p "$prefix/etc/vmtune/rules/evil"
cat >"$prefix/etc/vmtune/rules/evil/emulator.xml" <<END
<rule id='evil/emulator' level='recommend' scope='guest' effect='next-boot'>
  <summary>s</summary><reason>r</reason><source>s</source>
  <set place='memory/@dumpCore' value='off'/>
</rule>
END
chmod 777 "$prefix/etc/vmtune/rules/evil"
vmtune apply win10 2>"$tmp/err"
expect_eq 'with rules that anybody can write nothing is applied' 2 $?
check 'and it is said which' grep -q "etc/vmtune/rules/evil' .*writable by group or others" "$tmp/err"
chmod 755 "$prefix/etc/vmtune/rules/evil"
check "once they are root's alone they count" vmtune apply win10
check 'so it was they' stored_has win10 '<memory .*dumpCore=.off.'
rm -r "$prefix/etc/vmtune/rules"

# --- the environment ------------------------------------------------------------------------

mkdir /etc/libvirt/hooks/qemu.d
cat >/etc/libvirt/hooks/qemu.d/99-environment <<END
#!/bin/sh
tr '\\0' '\\n' </proc/self/environ >$tmp/environment
END
chmod +x /etc/libvirt/hooks/qemu.d/99-environment
VMTUNE_DATADIR=/nonexistent VMTUNE_CONFDIR=/nonexistent G_MESSAGES_DEBUG=all e2e-restart-libvirtd
virsh start win10 >/dev/null
virsh destroy win10 >/dev/null
check 'libvirt gives its hooks an environment' test -s "$tmp/environment"
check "and nothing in it is vmtune's or GLib's" not grep -E '^(VMTUNE|G_|GLIB)' "$tmp/environment"

# --- secrets --------------------------------------------------------------------------------

define_kvm_windows_domain secret >/dev/null
virsh start secret >/dev/null
G_MESSAGES_DEBUG=all worker >"$tmp/log" 2>&1
check 'a domain with a password is tuned' tuned secret
check 'the password is in no message, however detailed' not grep -q "secret'" \
    <(sed "s/'vmtune undo secret'//g; s/secret: //g" "$tmp/log")
check 'nor in anything of the run directory' not grep -rq passwd "$run"
expect_eq 'the copies that hold it are for root alone' '' \
    "$(find "$state" \( -type f ! -perm 600 \) -o \( -type d ! -perm 700 \) -o ! -user root)"
virsh destroy secret >/dev/null
finish
