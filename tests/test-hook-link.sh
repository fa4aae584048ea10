#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# test-hook-link.sh HOOK-LINK: how the packages make libvirt find the hook, beside hooks of others.
. "$(dirname "$0")/lib.sh"
hook_link=$(realpath "$1")
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit
# nothing of this machine is to be reloaded or labelled
mkdir bin
for program in systemctl restorecon; do
    printf '#!/bin/sh\n' >bin/$program
    chmod +x bin/$program
done
PATH=$tmp/bin:$PATH

# start_with: new hooks folder
start_with() { rm -rf hooks && mkdir hooks; }
run() { VMTUNE_HOOKS=$tmp/hooks "$hook_link" "$@"; }
# what is there: paths, with the targets of links
tree() { (cd hooks && find . -mindepth 1 \( -type l -printf '%P -> %l\n' -o -printf '%P\n' \) | sort | paste -sd ' '); }
target=../../../usr/sbin/vmtune-hook

start_with
check 'it installs where no hook is' run install
expect_eq 'the hook is qemu then' "qemu -> $target" "$(tree)"
check 'again is no error' run install
expect_eq 'and changes nothing' "qemu -> $target" "$(tree)"
check 'it removes it' run remove
expect_eq 'and leaves nothing' '' "$(tree)"

rm -rf hooks
check 'it makes the folder where libvirt did not' run install
expect_eq 'and the hook is there' "qemu -> $target" "$(tree)"

start_with
echo '#!/bin/sh' >hooks/qemu
run install 2>said
expect_eq "somebody's hook is no error" 0 $?
expect_eq 'the hook goes to qemu.d then' "qemu qemu.d qemu.d/50-vmtune -> ../$target" "$(tree)"
expect_eq "somebody's hook is as it was" '#!/bin/sh' "$(cat hooks/qemu)"
check 'and the administrator is told' grep -q "hooks/qemu is not vmtune's and was left alone" said
run install 2>said
expect_eq 'again it is silent' '' "$(cat said)"
check 'it is removed from qemu.d' run remove
expect_eq "which leaves somebody's hook alone" qemu "$(tree)"

start_with
ln -s /nowhere/their-hook hooks/qemu
run install 2>said
expect_eq "a link to what is not there is somebody's too" \
    "qemu -> /nowhere/their-hook qemu.d qemu.d/50-vmtune -> ../$target" "$(tree)"

start_with
mkdir hooks/qemu.d
touch hooks/qemu hooks/qemu.d/50-vmtune hooks/qemu.d/60-other
run install 2>said
expect_eq 'where both places are taken it is no error' 0 $?
expect_eq 'and nothing changes' 'qemu qemu.d qemu.d/50-vmtune qemu.d/60-other' "$(tree)"
check 'and it says how to have the hook' grep -q 'link .*/qemu.d/50-vmtune to /usr/sbin/vmtune-hook' said
check "removing takes nobody's away" run remove
expect_eq 'everything is there' 'qemu qemu.d qemu.d/50-vmtune qemu.d/60-other' "$(tree)"

run 2>said
expect_eq 'without a word it says what it takes' 2 $?
finish
