#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Between a request and the worker a domain is undefined, defined anew, renamed, edited, made
# transient, saved or has ended: the worker goes by what is stored when it comes to it, changes no
# other domain, and no request stays.
#
# VMTUNE_PREFIX names the folder that vmtune is installed in.
# shellcheck disable=SC2119,SC2317  # the functions are vmtune's programs; called by check
. "$(dirname "$0")/lib.sh"
run_inside "$@"
. "$e2e/vmtune.sh"
. "$e2e/fire.sh"

make_light_image
names=(undefined anew renamed swapped edited tuned transient saved ended bystander)
for name in "${names[@]}"; do
    define_light "$name"
    [ "$name" = bystander ] || virsh start --paused "$name" >/dev/null
done
expect_eq 'each start leaves a request' $((${#names[@]} - 1)) "$(request_count)"
stop() { virsh destroy "$1" >/dev/null; }
# a_title NAME: what another editor might do
a_title() { virsh desc "$1" --config --title --new-desc 'by somebody else' >/dev/null; }

stop undefined
virsh undefine undefined >/dev/null
stop anew # the same name, and another UUID
virsh undefine anew >/dev/null
virsh define "$tmp/anew.xml" >/dev/null
stop renamed
virsh domrename renamed new-name >/dev/null
stop swapped # its name is another's now
virsh domrename swapped swapped-too >/dev/null
virsh domrename bystander swapped >/dev/null
a_title edited
vmtune apply tuned >/dev/null 2>&1
virsh undefine transient >/dev/null # goes on running
virsh managedsave saved >/dev/null
stop ended

stored swapped >"$tmp/bystander.before"
stored anew >"$tmp/anew.before"
said worker
expect_eq 'the worker exits 0' 0 "$status"
expect_eq 'and no request is left' 0 "$(request_count)"
check 'undefined: said' grep -q ': undefined: gone before it could be tuned' "$tmp/err"
check 'defined anew: nothing was asked for it' cmp "$tmp/anew.before" <(stored anew)
check 'renamed: tuned under its new name' light_is_tuned new-name
check 'renamed: and so it is called' grep -q ': new-name: tuned by' "$tmp/err"
check 'its name taken by another: it is tuned itself' light_is_tuned swapped-too
check 'its name taken by another: not the other' cmp "$tmp/bystander.before" <(stored swapped)
check 'edited: tuned' light_is_tuned edited
check 'edited: the edit is kept' stored_has edited '<title>by somebody else</title>'
check 'edited: undo keeps it, too' vmtune undo edited
check 'edited: it does' stored_has edited '<title>by somebody else</title>'
expect_eq 'tuned by hand: once' 1 "$(entries tuned)"
check 'transient: said' grep -q ': transient: it is transient' "$tmp/err"
check 'transient: it runs on' test "$(virsh domstate transient | head -1)" = paused
check 'saved: tuned' light_is_tuned saved
check 'saved: it comes back from where it was' virsh start saved
check 'ended: tuned' light_is_tuned ended
expect_eq 'tuned were five, each once' 5 "$(grep -c 'tuned by' "$tmp/err")"
for name in new-name swapped-too saved ended tuned; do
    check "$name can be undone" vmtune undo $name
done
finish
