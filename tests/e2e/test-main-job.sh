#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The main job on a real libvirtd: a Windows guest is started, the hook sees it, the worker rewrites
# its stored definition as `vmtune diff` had shown, and the next start runs with it.
#
# VMTUNE_PREFIX names the folder that vmtune is installed in.
. "$(dirname "$0")/lib.sh"
run_inside "$@"
prefix=${VMTUNE_PREFIX:?names the folder that vmtune is installed in}
vmtune() { "$prefix/bin/vmtune" "$@"; }
worker() { "$prefix/sbin/vmtune-apply" "$@"; }
# libvirt adds clusters='1' to every topology from 10.1 on
stored() { virsh dumpxml --inactive "$@" | sed "s/ clusters='1'//"; }
requests=$prefix/run/vmtune/requests

rm -rf "$prefix/run/vmtune" "$prefix/var/lib/vmtune"
ln -s "$prefix/sbin/vmtune-hook" /etc/libvirt/hooks/qemu
e2e-reload

define_kvm_windows_domain win10
stored win10 --security-info >"$tmp/original.xml"
check 'the domain has a VNC password' grep -q "passwd=" "$tmp/original.xml"

vmtune diff win10 >"$tmp/diff"
expect_eq 'diff finds something to change and exits 1' 1 $?
check 'diff shows the synthetic timers' grep -q "^+ *<stimer state='on'" "$tmp/diff"
vmtune tune win10 >"$tmp/tuned.xml"
expect_eq 'looking changed nothing' "$(cat "$tmp/original.xml")" "$(stored win10 --security-info)"

check 'the guest starts' virsh start win10
expect_eq 'the hook left one request' 1 "$(ls "$requests" | wc -l)"
check 'the start itself ran without enlightenments' \
    bash -c "! grep -q hv-stimer /run/qemu-kvm-standin/win10.argv"

worker 2>"$tmp/log"
expect_eq 'the worker exits 0' 0 $?
say "$(cat "$tmp/log")"
check 'it says what it did' grep -q 'win10: tuned by .*hyperv/stimer' "$tmp/log"
expect_eq 'no request is left' 0 "$(ls "$requests" | wc -l)"
expect_eq 'the stored definition is what diff had shown' "$(cat "$tmp/tuned.xml")" "$(stored win10)"
check 'the VNC password is still there' \
    bash -c "virsh dumpxml --inactive --security-info win10 | grep -q \"passwd=\""
expect_eq 'nothing is left to change' '' "$(vmtune diff win10)"

virsh destroy win10 >/dev/null
check 'the guest starts again' virsh start win10
for bit in hv-relaxed hv-vapic hv-spinlocks hv-vpindex hv-runtime hv-synic hv-stimer hv-time \
    hv-frequencies hv-tlbflush hv-ipi; do
    check "it runs with $bit" grep -q "$bit" /run/qemu-kvm-standin/win10.argv
done
check 'it runs without HPET' grep -qE -- 'hpet=off|-no-hpet' /run/qemu-kvm-standin/win10.argv
worker 2>"$tmp/log"
expect_eq 'the worker has nothing to do now' '' "$(cat "$tmp/log")"

check 'undo takes it back' vmtune undo win10
expect_eq 'the original is stored again, password and all' "$(cat "$tmp/original.xml")" \
    "$(stored win10 --security-info)"
vmtune undo win10 2>"$tmp/log"
expect_eq 'there is nothing more to undo' 2 $?

virsh destroy win10 >/dev/null
check 'libvirt defines and starts what tune prints' "$e2e/start-domains" "$tmp/tuned.xml"
finish
