#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The policies on a real libvirtd: what a start leads to under off, observe, apply and enforce, and
# the wishes that a domain has in its own metadata.
#
# VMTUNE_PREFIX names the folder that vmtune is installed in.
. "$(dirname "$0")/lib.sh"
run_inside "$@"
. "$e2e/vmtune.sh"
stop() { virsh destroy "$1" >/dev/null; }
# start_and_serve NAME: starts it, lets the worker do what is asked of it, and stops it
start_and_serve() {
    virsh start "$1" >/dev/null
    waiting=$(request_count)
    worker 2>"$tmp/log"
    status=$?
    stop "$1"
}

define_kvm_windows_domain win10 >/dev/null
stored win10 --security-info >"$tmp/original.xml"
untouched() { expect_eq "$1" "$(cat "$tmp/original.xml")" "$(stored win10 --security-info)"; }

# --- off, observe, apply ---------------------------------------------------------------

policy off
start_and_serve win10
expect_eq 'off: a start leaves no request' 0 "$waiting"
untouched 'off: the stored definition is as it was'

policy observe
start_and_serve win10
expect_eq 'observe: a start leaves a request' 1 "$waiting"
expect_eq 'observe: the worker exits 0' 0 "$status"
check 'observe: it says what it would change' \
    grep -q 'win10: would change .*hyperv/stimer.*; policy observe leaves it' "$tmp/log"
untouched 'observe: the stored definition is as it was'
expect_eq 'observe: the request is done with' 0 "$(request_count)"
check 'observe: nothing is kept for undo' test ! -e "$history"

policy apply
start_and_serve win10
check 'apply: the stored definition is tuned' stored_has win10 '<stimer state='
check 'apply: the worker says how to take it back' grep -q "'vmtune undo win10'" "$tmp/log"
vmtune undo win10 2>/dev/null
untouched 'apply: undo takes it back'

policy sometimes
virsh start win10 >/dev/null
expect_eq 'a misspelt policy: the guest starts, without a request' 0 "$(request_count)"
stop win10

# --- enforce ---------------------------------------------------------------------------

policy enforce
check 'enforce: a domain that only could be better starts' virsh start win10
stop win10
# what QEMU would refuse anyway, and says less of: timers without their interrupts
define_kvm_windows_domain unsound '' "<hyperv><vpindex state='on'/><stimer state='on'/></hyperv>" \
    "<timer name='hypervclock' present='yes'/>" >/dev/null
virsh start unsound >"$tmp/out" 2>"$tmp/err"
expect_eq 'enforce: a domain that breaks a rule of level error is refused' 1 $?
say "$(cat "$tmp/err")"
check 'virsh shows the rule' grep -q 'hyperv/stimer: stimer is on and synic is not' "$tmp/err"
check 'and the command that mends it' grep -q "'vmtune apply unsound'" "$tmp/err"
expect_eq 'it does not run' 'shut off' "$(virsh domstate unsound | xargs)"
vmtune check unsound >"$tmp/out"
check 'vmtune check shows the same' grep -q 'error: hyperv/stimer' "$tmp/out"
check 'that command mends it' vmtune apply unsound
vmtune check unsound >"$tmp/out"
check 'nothing of level error is left' bash -c "! grep -q error: '$tmp/out'"
check 'it starts now' virsh start unsound
check 'and runs with the interrupts' grep -q hv-synic /run/qemu-kvm-standin/unsound.argv
stop unsound
worker 2>/dev/null

# --- wishes ----------------------------------------------------------------------------

policy apply
# wish NAME XML: as a user states it with virsh
wish() {
    virsh metadata "$1" --config --uri urn:vmtune:domain:1.0 --key vmtune --set "$2" >/dev/null
}
define_kvm_windows_domain wishes >/dev/null
wish wishes "<wishes><skip rule='hyperv/stimer*'/><skip rule='clock/hpet'/></wishes>"
start_and_serve wishes
check 'skip: the domain is tuned' stored_has wishes '<vpindex state='
check 'skip: but not by what it says no to' bash -c \
    "! virsh dumpxml --inactive wishes | grep -E '<stimer|<timer name=.hpet'"
check 'skip: the wish is kept' stored_has wishes "<vmtune:skip rule=.hyperv/stimer"
expect_eq 'skip: nothing is left to change' '' "$(vmtune diff wishes)"
wish wishes "<wishes/>"
vmtune apply wishes >/dev/null 2>&1
check 'once the wish is withdrawn, the rest follows' stored_has wishes '<stimer state='

define_kvm_windows_domain alone >/dev/null
wish alone "<wishes policy='off'/>"
stored alone --security-info >"$tmp/alone.xml"
start_and_serve alone
expect_eq "policy='off': a start leaves no request" 0 "$waiting"
vmtune apply alone >"$tmp/out" 2>"$tmp/err"
expect_eq "policy='off': apply by name leaves it, too, and exits 0" 0 $?
check 'and says why' grep -q 'alone: left alone' "$tmp/err"
expect_eq 'its definition is as it was' "$(cat "$tmp/alone.xml")" \
    "$(stored alone --security-info)"

wish alone "<wishes policy='observe'/>"
stored alone --security-info >"$tmp/alone.xml"
start_and_serve alone
check "policy='observe': the worker says what it would change" \
    grep -q 'alone: would change' "$tmp/log"
expect_eq 'its definition is as it was' "$(cat "$tmp/alone.xml")" \
    "$(stored alone --security-info)"

policy observe
wish alone "<wishes policy='apply'/>"
start_and_serve alone
check "policy='apply' goes before the configuration's observe" stored_has alone '<stimer state='

define_kvm_windows_domain unwise '' "<hyperv><vpindex state='on'/><stimer state='on'/></hyperv>" \
    "<timer name='hypervclock' present='yes'/>" >/dev/null
wish unwise "<wishes policy='enforce'/>"
virsh start unwise >"$tmp/out" 2>"$tmp/err"
expect_eq "policy='enforce' refuses this domain, whatever the configuration" 1 $?
check 'with the reason' grep -q 'hyperv/stimer: ' "$tmp/err"

define_kvm_windows_domain misspelt >/dev/null
wish misspelt "<wishes policy='nothing'/>"
stored misspelt --security-info >"$tmp/misspelt.xml"
policy apply
check 'a misspelt wish: the guest starts' virsh start misspelt
stop misspelt
worker 2>/dev/null
vmtune apply misspelt >"$tmp/out" 2>"$tmp/err"
expect_eq 'a misspelt wish: apply exits 2' 2 $?
check 'and says which' grep -q "policy 'nothing'" "$tmp/err"
expect_eq 'nothing is changed' "$(cat "$tmp/misspelt.xml")" "$(stored misspelt --security-info)"
finish
