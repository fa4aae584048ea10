#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# `vmtune status` on a real libvirtd: what runs, what waits for what, over the life of a guest.
#
# VMTUNE_PREFIX names the folder that vmtune is installed in.
# shellcheck disable=SC2317  # called by check
. "$(dirname "$0")/lib.sh"
run_inside "$@"
prefix=${VMTUNE_PREFIX:?names the folder that vmtune is installed in}
vmtune() { "$prefix/bin/vmtune" "$@"; }
rm -rf "$prefix/var/lib/vmtune"

# expect STATUS SENTENCE: the exit code of `vmtune status win10`; the text is in $tmp/text
expect() {
    local status=0
    vmtune status win10 >"$tmp/text" 2>&1 || status=$?
    expect_eq "$2" "$1" "$status"
}
says() { grep -q -- "$1" "$tmp/text"; }
silent() { ! says "$1"; }
# standings: what the JSON has of one rule
standings() {
    vmtune status --format json win10 | python3 -c '
import json, sys
for change in json.load(sys.stdin)["domains"][0]["changes"]:
    if change["rule"] == sys.argv[1]:
        print(change["standing"], change["path"], change["value"])' "$1"
}

# --- shut off and running, untuned -----------------------------------------------------

windows_xml win10 | sed "s/offset='localtime'/offset='utc'/" >"$tmp/win10.xml"
virsh define --validate "$tmp/win10.xml" >/dev/null
expect 1 'an untuned domain has something that waits'
check 'it says which command stores it' says "not stored yet, 'vmtune apply win10'"
check 'each change' says '  hyperv/stimer  features/hyperv/stimer/@state: on'
virsh start win10 >/dev/null
expect 1 'so has an untuned one that runs'
check 'it runs' says '^win10: running$'
check 'nothing of it waits for a cold boot' silent 'cold boot'
expect_eq 'the same as JSON' 'not-stored features/hyperv/stimer/@state on' \
    "$(standings hyperv/stimer)"
check 'what is left to the owner is told' says "left to the guest's owner"

# --- applied ---------------------------------------------------------------------------

vmtune apply win10 >/dev/null 2>&1
expect 1 'an applied one that runs on waits'
check 'for a cold boot' says 'waits for a cold boot'
check 'each change of it does' says '  hyperv/stimer  features/hyperv/stimer/@state: on'
check 'nothing is left to store' silent 'not stored'
expect_eq 'as JSON' 'cold-boot features/hyperv/stimer/@state on' "$(standings hyperv/stimer)"
virsh reboot win10 >/dev/null
expect 1 'a restart from within is no cold boot'

# --- a cold boot -----------------------------------------------------------------------

virsh destroy win10 >/dev/null
expect 0 'nothing waits once it is shut off'
check 'and that is said' says 'nothing waits'
virsh start win10 >/dev/null
expect 0 'nor after the cold boot'
check 'it runs with all' says 'runs already:'
check 'the timers too' says 'hyperv/stimer'
expect_eq 'as JSON' 'runs None None' "$(standings hyperv/stimer)"
vmtune status >"$tmp/text"
check 'without a name it tells of all' says '^win10: running$'

# --- a managed save --------------------------------------------------------------------

vmtune undo win10 2>/dev/null
expect 1 'what was taken back is not stored'
check 'though it runs' says "not stored yet, 'vmtune apply win10'"
virsh destroy win10 >/dev/null
virsh start win10 >/dev/null
virsh managedsave win10 >/dev/null
expect 1 'an untuned one with a managed save'
check 'it says so' says '^win10: shut off, with a managed save$'
vmtune apply win10 >/dev/null 2>&1
expect 1 'an applied one with a managed save waits'
check 'it is held back' says 'held back'
check 'each change is' says '  hyperv/stimer  features/hyperv/stimer/@state: on'
check 'it says what dropping the save costs' says 'managedsave-remove win10.*all that the'
expect_eq 'as JSON' 'held features/hyperv/stimer/@state on' "$(standings hyperv/stimer)"
virsh start win10 >/dev/null
expect 1 'woken, it runs as it was saved'
check 'and waits for a cold boot' says 'waits for a cold boot'
virsh destroy win10 >/dev/null
expect 0 'shut off, nothing waits'

# --- what else there is ----------------------------------------------------------------

virsh start win10 >/dev/null
virsh snapshot-create-as win10 before-update >"$tmp/log" 2>&1 || say "$(cat "$tmp/log")"
expect 0 'a snapshot with memory is nothing that waits'
check 'but it is named' says '^  before-update$'
virsh destroy win10 >/dev/null

sed -e "s/<name>win10/<name>passing/" -e '/<disk/,/<\/disk>/d' "$tmp/win10.xml" >"$tmp/passing.xml"
virsh create "$tmp/passing.xml" >/dev/null
vmtune status passing >"$tmp/text"
expect_eq 'of a transient domain nothing waits' 0 $?
check 'since nothing can be stored' says 'transient: nothing can be stored'
virsh destroy passing >/dev/null

vmtune status no-such 2>/dev/null
expect_eq 'a domain that does not exist is trouble' 2 $?
vmtune status --all win10 2>/dev/null
expect_eq 'so is --all with names' 2 $?
finish
