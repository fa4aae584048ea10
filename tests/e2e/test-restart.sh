#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Policy enforce with restart = yes on a real libvirtd: what is refused is mended and started, once
# and only if it is what somebody wanted to start; and a vmtune that is broken refuses nothing.
#
# VMTUNE_PREFIX names the folder that vmtune is installed in.
# shellcheck disable=SC2119,SC2317  # the functions are vmtune's programs; called by check
. "$(dirname "$0")/lib.sh"
run_inside "$@"
. "$e2e/vmtune.sh"
. "$e2e/fire.sh"
conf() { printf '%s\n' "$@" >"$prefix/etc/vmtune/vmtune.conf"; }
enforce() { conf '[policy]' 'default = enforce' "restart = $1" "${@:2}"; }
state_of() { virsh domstate "$1" 2>&1 | head -1 | xargs; }
unsound="<hyperv><vpindex state='on'/><stimer state='on'/></hyperv>"
timer="<timer name='hypervclock' present='yes'/>"
# unsound NAME: breaks a rule of level error, and can be mended
unsound() { define_kvm_windows_domain "$1" '' "$unsound" "$timer" >/dev/null; }
# hopeless NAME: breaks one that nobody can mend, since the domain says no to the remedy
hopeless() {
    windows_xml "$1" '' "$unsound" "$timer" | sed "s|</metadata>|<vmtune:wishes \
xmlns:vmtune='urn:vmtune:domain:1.0'><vmtune:skip rule='hyperv/synic'/></vmtune:wishes>&|" >"$tmp/$1.xml"
    virsh define --validate "$tmp/$1.xml" >/dev/null
}
# refused NAME: it is, and what virsh shows is in the file err
refused() {
    said virsh start "$1"
    expect_eq "$1: its start is refused" "1 shut off" "$status $(state_of "$1")"
}
# not_started NAME PATTERN SENTENCE
not_started() {
    said worker
    expect_eq "$3: the worker exits 0" 0 "$status"
    expect_eq "$3: it is not started" 'shut off' "$(state_of "$1")"
    check "$3: the log says why" grep -q "$1: its start was refused, and it is not started: .*$2" \
        "$tmp/err"
    expect_eq "$3: no request is left" 0 "$(request_count)"
}

# --- without -------------------------------------------------------------------------------------

enforce no
unsound plain
refused plain
check 'restart = no: nobody promises a start' bash -c '! grep -q "starts it itself" "$0"' "$tmp/err"
worker 2>/dev/null
expect_eq 'restart = no: it is mended and not started' 'shut off' "$(state_of plain)"
check 'restart = no: the next start is its own' virsh start plain
virsh destroy plain >/dev/null
worker 2>/dev/null

# --- with ---------------------------------------------------------------------------------------

enforce yes
unsound win10
refused win10
say "$(cat "$tmp/err")"
check 'virsh shows the rule' grep -q 'hyperv/stimer: ' "$tmp/err"
check 'and the command that mends it' grep -q "'vmtune apply win10'" "$tmp/err"
check 'and that vmtune starts it itself' grep -q 'mends it now and then starts it itself' "$tmp/err"
expect_eq 'one request is left' 1 "$(request_count)"
said worker
say "$(cat "$tmp/err")"
expect_eq 'the worker exits 0' 0 "$status"
expect_eq 'the guest runs' running "$(state_of win10)"
check 'mended' grep -q hv-synic /run/qemu-kvm-standin/win10.argv
check 'the log tells both' bash -c 'grep -q "win10: tuned by" "$0" && grep -q "mended and started" "$0"' \
    "$tmp/err"
expect_eq 'no request is left' 0 "$(request_count)"
virsh destroy win10 >/dev/null
said worker
expect_eq 'it is started once, and not again when it has ended' 'shut off' "$(state_of win10)"

unsound watched
refused watched
runs() { [ "$(state_of "$1")" = running ]; }
"$prefix/bin/vmtune" watch 2>"$tmp/watch" &
watch=$!
check 'the watch does it as well' wait_until 10 runs watched
kill "$watch"
wait "$watch"
virsh destroy watched >/dev/null
worker 2>/dev/null

# --- where it does not help ----------------------------------------------------------------------

hopeless sad
refused sad
not_started sad 'still breaks hyperv/stimer' 'what cannot be mended'
said worker
expect_eq 'and is not tried again' '0 shut off' "$status $(state_of sad)"

# The worker's own attempt, if the hook refuses that too, must not lead to another.
hopeless loop
refused loop
request=$requests/$(uuid_of loop).request
check 'the hook asks for a restart' grep -qx 'operation=restart' "$request"
mv "$request" "$prefix/run/vmtune/claimed/"
refused loop
check 'while a worker is at it the hook asks for no other' grep -qx 'operation=prepare' "$request"
check 'and promises none' bash -c '! grep -q "starts it itself" "$0"' "$tmp/err"
rm "$request"
not_started loop 'did not come to its end' 'what an earlier worker died over'

# A worker to which all is well, as its configuration says no to the rule: the hook refuses its start.
hopeless twice
refused twice
mkdir "$tmp/conf"
printf '[policy]\nrestart = yes\n[rules]\nskip = *\n' >"$tmp/conf/vmtune.conf"
export VMTUNE_CONFDIR=$tmp/conf
not_started twice 'cannot start domain .*policy enforce refuses' "the worker's own attempt"
unset VMTUNE_CONFDIR

unsound late
refused late
touch -d '-1 hour' "$requests/$(uuid_of late).request"
not_started late 'too long ago' 'what nobody waits for any more'
unsound ahead
refused ahead
touch -d '+1 hour' "$requests/$(uuid_of ahead).request"
not_started ahead 'too long ago' 'a clock that was set back'
unsound withdrawn
refused withdrawn
enforce no
not_started withdrawn "'restart' is 'no'" 'a configuration that was changed meanwhile'
enforce yes
unsound undone
vmtune apply undone >/dev/null 2>&1
vmtune undo undone 2>/dev/null
refused undone
not_started undone 'still breaks hyperv/stimer' 'what was undone'

# --- which guest it is ------------------------------------------------------------------------------

windows_xml transient '' "$unsound" "$timer" >"$tmp/transient.xml"
said virsh create "$tmp/transient.xml"
expect_eq 'a transient domain is refused' 1 "$status"
check 'and libvirt has dropped it' bash -c '! virsh domuuid transient 2>/dev/null'
said worker
check 'which the worker says' grep -q 'transient: gone before it could be started' "$tmp/err"

# the same domain comes from elsewhere, where it may still run: it is not started here
unsound mover
hook() { "$prefix/sbin/vmtune-hook" mover "$1" begin - <"$tmp/mover.live" >/dev/null 2>"$tmp/err"; }
stored mover >"$tmp/mover.live"
for operation in migrate restore; do
    hook $operation
    hook prepare
    expect_eq "$operation: refused as any other" 1 $?
    check "$operation: but not to be started here" \
        grep -qx operation=prepare "$requests/$(uuid_of mover).request"
    check "$operation: and no start is promised" bash -c '! grep -q "starts it itself" "$0"' "$tmp/err"
done
hook prepare
check 'the next start is one of its own again' \
    grep -qx operation=restart "$requests/$(uuid_of mover).request"
rm "$requests"/*

conf '[policy]' 'default = off'
unsound saved
# what QEMU refuses cannot be saved: it was sound when it was
stored saved | sed "s|<stimer state='on'/>||" >"$tmp/sound.xml"
virsh define "$tmp/sound.xml" >/dev/null
virsh start saved >/dev/null
virsh managedsave saved >/dev/null
enforce yes
printf '[request]\nformat=1\nuuid=%s\nname=saved\noperation=restart\n' "$(uuid_of saved)" \
    >"$requests/$(uuid_of saved).request"
not_started saved 'managed save' 'a guest in a managed save'

# --- a vmtune that is broken -----------------------------------------------------------------------

enforce yes
define_kvm_windows_domain sound >/dev/null
unsound broken
# lets SENTENCE NAME: the guest starts
lets() {
    check "$1: $2 starts" virsh start --paused "$2"
    virsh destroy "$2" >/dev/null 2>&1
    rm -f "$requests"/*
}
# what QEMU itself would refuse is no proof: whoever is let through must fail by QEMU, not by the hook
passes() {
    said virsh start "$2"
    check "$1: vmtune does not refuse $2" bash -c '! grep -q "policy enforce refuses" "$0"' "$tmp/err"
    virsh destroy "$2" >/dev/null 2>&1
    rm -f "$requests"/*
}
rules=$prefix/share/vmtune/rules
mv "$rules" "$rules.away"
lets 'no rules' sound
passes 'no rules' broken
mv "$rules.away" "$rules"
conf '[policy]' 'default = enforce' 'restart = maybe'
lets 'a misspelt configuration' sound
passes 'a misspelt configuration' broken
printf '\377\000' >"$prefix/etc/vmtune/vmtune.conf"
passes 'a configuration that is no text' broken
rm "$prefix/etc/vmtune/vmtune.conf"
passes 'no configuration' broken
enforce yes
mkdir -p "$prefix/etc/vmtune/rules/own"
echo '<rule' >"$prefix/etc/vmtune/rules/own/broken.xml"
lets 'a broken rule' sound
passes 'a broken rule' broken
rm -r "$prefix/etc/vmtune/rules"
virsh start --paused sound >/dev/null
virsh destroy sound >/dev/null
for damage in 'head -c 5000 /dev/urandom' 'echo x' true; do
    $damage >"$prefix/run/vmtune/errors.cache"
    lets "a rule cache that was damaged by '$damage'" sound
done
size=$(stat -c %s "$prefix/run/vmtune/errors.cache")
printf '\377%.0s' {1..200} |
    dd of="$prefix/run/vmtune/errors.cache" bs=1 seek=$((size / 2)) conv=notrunc status=none
lets 'a rule cache with a hole in its middle' sound
rm -rf "$prefix/run/vmtune/ledger"
echo x >"$prefix/run/vmtune/ledger"
lets 'a file in the place of the ledger' sound
rm "$prefix/run/vmtune/ledger"
mkdir -m 700 "$prefix/run/vmtune/ledger"
head -c 500 /dev/urandom >"$prefix/run/vmtune/ledger/$(uuid_of sound).pins"
lets 'a damaged ledger' sound
mount -n -t tmpfs -o mode=700,size=16k full "$prefix/run/vmtune"
cat /dev/zero >"$prefix/run/vmtune/filler" 2>/dev/null
lets 'a full run directory' sound
refused broken
check 'a full run directory: a start that nobody will make up for is not promised' \
    bash -c '! grep -q "starts it itself" "$0"' "$tmp/err"
umount -n "$prefix/run/vmtune"
finish
