#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The history on a real libvirtd: what it tells, how far back an undo goes and how that is undone,
# what it says of foreign changes, and when it is pruned, kept and removed.
#
# VMTUNE_PREFIX names the folder that vmtune is installed in.
# shellcheck disable=SC2119,SC2317  # the functions are vmtune's programs; called by check
. "$(dirname "$0")/lib.sh"
run_inside "$@"
. "$e2e/vmtune.sh"
. "$e2e/fire.sh"

secure() { stored "$1" --security-info; }
# is SENTENCE WANTED.xml NAME: the stored definition, passwords too
is() { expect_eq "$1" "$(cat "$tmp/$2.xml")" "$(secure "$3")"; }
conf() { printf '%s\n' "$@" >"$prefix/etc/vmtune/vmtune.conf"; }
# states NAME: the entries' numbers and states
states() {
    vmtune history --format json "$1" | python3 -c '
import json, sys
[domain] = json.load(sys.stdin)["domains"]
print(", ".join("%d %s" % (e["number"], e["state"]) for e in domain["entries"]))'
}
make_light_image

# --- what it tells -----------------------------------------------------------------------------

define_kvm_windows_domain win10 >/dev/null
said vmtune history win10
expect_eq 'a domain without history: exit 0, and it is said' '0 win10: vmtune has changed nothing here' \
    "$status $(cat "$tmp/out" "$tmp/err")"
secure win10 >"$tmp/original.xml"
conf '[rules]' 'skip = hyperv/*; clock/*'
vmtune apply win10 >/dev/null 2>&1
secure win10 >"$tmp/first.xml"
conf '[policy]' 'default = apply'
virsh start win10 >/dev/null
worker 2>/dev/null
virsh destroy win10 >/dev/null
secure win10 >"$tmp/second.xml"
vmtune history win10 >"$tmp/out"
say "$(cat "$tmp/out")"
check 'history tells what, when and by what' \
    grep -Eq '^ +1  [0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}  apply  in force: [a-z]+/' "$tmp/out"
check 'and of the worker' grep -Eq '^ +2  .*  worker  in force: .*hyperv/stimer' "$tmp/out"
virsh start win10 >/dev/null
for name in "$(uuid_of win10)" "$(virsh domid win10 | head -1)"; do
    expect_eq "the domain may be named by UUID or id" "$(cat "$tmp/out")" "$(vmtune history "$name")"
done
virsh destroy win10 >/dev/null
said vmtune history nowhere
expect_eq 'of no domain: exit 2' 2 "$status"

# --- back, and forth ------------------------------------------------------------------------------

said vmtune undo win10 1
is 'undo with a number goes back before that entry' original win10
expect_eq 'which undoes the later ones' '1 undone, 2 undone, 3 in-force' "$(states win10)"
say "$(vmtune history win10)"
check 'the undo is in the history' bash -c '"$0" history win10 | grep -q "^ *3  .*  undo  .*before 1$"' \
    "$prefix/bin/vmtune"
check 'an undo can be undone' vmtune undo win10 3
is 'which brings back what was there' second win10
expect_eq 'and is an entry, too' '1 in-force, 2 in-force, 3 undone, 4 in-force' "$(states win10)"
check 'without a number it is the last apply that is undone' vmtune undo win10
is 'and no more than that' first win10
check 'and then the one before' vmtune undo win10
is 'up to the original' original win10
said vmtune undo win10
expect_eq 'then there is nothing left: exit 2' 2 "$status"
for wrong in 77 0 x; do
    said vmtune undo win10 $wrong
    expect_eq "no entry $wrong: exit 2" 2 "$status"
    check "no entry $wrong: what to do" grep -q "'vmtune history win10'" "$tmp/err"
done
said vmtune undo win10 1
expect_eq 'where it is there already: exit 0, and nothing is stored' \
    '0 1 undone, 2 undone, 3 undone, 4 undone, 5 undone, 6 in-force' "$status $(states win10)"

# --- somebody else's change -----------------------------------------------------------------------

vmtune apply win10 >/dev/null 2>&1
secure win10 >"$tmp/tuned.xml"
virsh desc win10 --config --title --new-desc 'by somebody else' >/dev/null
said vmtune undo win10
expect_eq 'a foreign change: exit 2' 2 "$status"
say "$(cat "$tmp/out" "$tmp/err")"
check 'it is shown as a diff' grep -q '^+  <title>by somebody else</title>' "$tmp/out"
expect_eq 'and nothing else' 1 "$(grep -c '^[-+] ' "$tmp/out")"
check 'and how to go on' grep -q "undo --force" "$tmp/err"
check 'nothing is stored' stored_has win10 '<title>'
secure win10 | sed "s/passwd='secret'/passwd='changed'/" >"$tmp/password.xml"
virsh define "$tmp/password.xml" >/dev/null
said vmtune undo win10
check 'no password is shown' bash -c '! grep -Eq "secret|changed.$" "$0/out" "$0/err"' "$tmp"
sed '/<title>/d' "$tmp/password.xml" >"$tmp/password-only.xml"
virsh define "$tmp/password-only.xml" >/dev/null
said vmtune undo win10
check 'where only a password differs, that is said' grep -q 'only a password differs' "$tmp/err"
virsh define "$tmp/password.xml" >/dev/null
check '--force goes back all the same' vmtune undo --force win10
is 'to before the last apply' original win10
said vmtune undo win10 "$(states win10 | sed 's/.* \([0-9]*\) .*/\1/')"
is 'and what was thrown away can be had back' password win10

# --- a new name -------------------------------------------------------------------------------------

define_light old
uuid=$(uuid_of old)
vmtune apply old >/dev/null 2>&1
virsh domrename old new >/dev/null
check 'a renamed domain keeps its history' test "$(states new)" = '1 in-force'
check 'and can be undone' vmtune undo new
check 'under its new name' bash -c '! virsh dumpxml --inactive new | grep -q "<metadata_cache>"'
virsh start --paused new >/dev/null
worker 2>"$tmp/err"
check 'the worker knows it for undone' grep -q "new: left as 'vmtune undo' has left it" "$tmp/err"
virsh destroy new >/dev/null
virsh domrename new newer >/dev/null
virsh start --paused newer >/dev/null
worker 2>"$tmp/err"
check 'by any name' grep -q "newer: left as 'vmtune undo' has left it" "$tmp/err"
virsh destroy newer >/dev/null

# --- pruning ------------------------------------------------------------------------------------------

conf '[history]' 'keep = 3'
for _ in 1 2 3; do
    vmtune apply newer >/dev/null 2>&1
    vmtune undo newer 2>/dev/null
done
expect_eq 'as many entries are kept as configured' '6 in-force, 7 undone, 8 in-force' "$(states newer)"
said vmtune undo newer 1
expect_eq 'one that was pruned is no more' 2 "$status"
conf '[history]' 'keep = 0'
said vmtune apply newer
expect_eq 'to keep none is no choice' 2 "$status"
check 'it is said what is' grep -q 'vmtune.conf:2: .*keep.*1 to 1000' "$tmp/err"
rm "$prefix/etc/vmtune/vmtune.conf"

# --- domains that are no more -------------------------------------------------------------------------

# far: of the same domain, from another libvirt
far=$history/$uuid/900
cp -r "$history/$uuid/8" "$far"
sed -i 's,^libvirt=.*,libvirt=qemu://far/system,' "$far/entry"
define_light other
vmtune apply other >/dev/null 2>&1
other=$(uuid_of other)
virsh undefine newer >/dev/null
check 'what is undefined while nobody watches is still there' test -d "$history/$uuid/8"
virsh start --paused other >/dev/null
mv /run/libvirt/libvirt-sock /run/libvirt/away
worker 2>"$tmp/err"
expect_eq 'a worker that cannot ask removes nothing' "2 8 900" \
    "$? $(find "$history/$uuid" -mindepth 1 -maxdepth 1 -name '[89]*' -printf '%f\n' | sort | xargs)"
mv /run/libvirt/away /run/libvirt/libvirt-sock
worker 2>"$tmp/err"
check 'the next worker removes its history' grep -q "$uuid: .*its history is removed" "$tmp/err"
expect_eq 'but not what another libvirt has of it' 900 "$(ls "$history/$uuid")"
check 'nor that of domains that are there' test -d "$history/$other/1"

"$prefix/bin/vmtune" watch 2>"$tmp/watch" &
watch=$!
check 'a watch begins' wait_until 10 grep -q 'watching' "$tmp/watch"
virsh undefine other >/dev/null
sleep 1.5
check 'a domain that still runs keeps its history' test -d "$history/$other/1"
virsh destroy other >/dev/null
define_light third
vmtune apply third >/dev/null 2>&1
third=$(uuid_of third)
virsh undefine third >/dev/null
check 'with a domain that is undefined the watch removes its history' \
    wait_until 10 test ! -e "$history/$third"
define_light fourth
vmtune apply fourth >/dev/null 2>&1
virsh domrename fourth fifth >/dev/null
sleep 1.5
check 'but not with one that is renamed' test "$(states fifth)" = '1 in-force'
kill "$watch"
wait "$watch"
"$prefix/bin/vmtune" watch 2>"$tmp/watch" &
watch=$!
check 'a watch that begins removes what was undefined before' \
    wait_until 10 test ! -e "$history/$other"
kill "$watch"
wait "$watch"
check 'and what is there stays' test -d "$history/$(uuid_of fifth)/1"
finish
