#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The matrix: what each operation of the hook leads to under each policy, for a guest with KVM (the
# stand-in) and one under TCG, on a real libvirtd; one line a cell.
#
# VMTUNE_PREFIX names the folder that vmtune is installed in.
# shellcheck disable=SC2119  # the functions are vmtune's programs
. "$(dirname "$0")/lib.sh"
E2E_TIMEOUT=${E2E_TIMEOUT:-280} # a machine may have more to do
run_inside "$@"
. "$e2e/vmtune.sh"
. "$e2e/other-host.sh"
ledger=$prefix/run/vmtune/ledger

# What is expected: the operation, the policies, the types, and what then is seen.
expectations() {
    cat <<'TABLE'
prepare    off              kvm|tcg  starts, no request
prepare    observe          kvm|tcg  starts, request
prepare    apply            kvm|tcg  starts, request
prepare    enforce          kvm|tcg  starts, request
worker     off              kvm      definition as it was
worker     observe          kvm      definition as it was, change named
worker     apply|enforce    kvm      definition tuned
worker     any              tcg      definition as it was
unsound    off              kvm|tcg  refused by libvirt, no request
unsound    observe|apply    kvm|tcg  refused by libvirt, request
unsound    enforce          kvm|tcg  refused by vmtune, request
started    any              kvm|tcg  in the ledger
reconnect  any              kvm|tcg  survives, in the ledger
restore    off|observe      kvm|tcg  refused by libvirt
restore    apply|enforce    kvm|tcg  runs, those pins gone, tainted
migrate    off|observe      kvm|tcg  refused by libvirt
migrate    apply|enforce    kvm|tcg  runs, those pins gone, tainted
stopped    any              kvm|tcg  ends
release    any              kvm|tcg  not in the ledger
attach     any              kvm|tcg  nothing
unknown    any              kvm|tcg  nothing
TABLE
}
# cell OPERATION POLICY TYPE SEEN
cell() {
    local operation policies types wanted
    while read -r operation policies types wanted; do
        if [ "$operation" = "$1" ] && [[ "|$types|" = *"|$3|"* ]] &&
            { [ "$policies" = any ] || [[ "|$policies|" = *"|$2|"* ]]; }; then
            expect_eq "$(printf '%-10s %-8s %s: %s' "$1" "$2" "$3" "$wanted")" "$wanted" "$4"
            return
        fi
    done < <(expectations)
    fail "$1 $2 $3 is in the table"
}

# --- the guests ----------------------------------------------------------------------------

# guest NAME TYPE CPU: a Windows guest whose vCPU is pinned to CPU
guest() {
    windows_xml "$1" | sed "
        s,<vcpu>4</vcpu>,<vcpu>1</vcpu><cputune><vcpupin vcpu='0' cpuset='$3'/></cputune>,
        s,<memory unit='MiB'>256,<memory unit='MiB'>64," >"$tmp/$1.xml"
    [ "$2" = kvm ] || sed -i "s,type='kvm',type='qemu',; s,<cpu mode.*,<cpu mode='maximum'/>," \
        "$tmp/$1.xml"
    virsh define "$tmp/$1.xml" >/dev/null
}
recorded() { test -e "$ledger/$(virsh domuuid "$1" | head -1).pins"; }
in_ledger() { if recorded "$1"; then echo 'in the ledger'; else echo 'not in the ledger'; fi; }
request() { if [ "$(request_count)" = 0 ]; then echo 'no request'; else echo request; fi; }
# elsewhere: the XML of a guest as of a host that has more CPUs
elsewhere() { sed -E "s/(vcpupin vcpu='0' cpuset=)'[^']*'/\1'7777'/"; }
# from_elsewhere LOG COMMAND...: a guest with pins that this host lacks comes by COMMAND
from_elsewhere() {
    local log=$1
    shift
    : >"$log"
    if ! "$@" >/dev/null 2>"$tmp/err"; then
        echo 'refused by libvirt'
    elif ! grep -q hook-script "$log"; then
        echo 'runs, not tainted'
    else
        echo 'runs, those pins gone, tainted'
    fi
}

# --- the operations --------------------------------------------------------------------------

# paused, which is all the same to the hook and spares the time of a firmware's start
begin() { virsh start --paused "$1" >/dev/null 2>"$tmp/err"; }
is_there() { virsh list --name | grep -qx "$1"; }

see_unsound() {
    local by=libvirt
    ! begin "$1" || by=nobody
    ! grep -q 'vmtune: cputune/absent-cpu: ' "$tmp/err" || by=vmtune
    echo "refused by $by, $(request)"
}
see_prepare() {
    local seen=refused
    ! begin "$1" || seen=starts
    echo "$seen, $(request)"
}
# see_worker NAME DEFINITION: as it was before
see_worker() {
    local seen='definition as it was'
    worker 2>"$tmp/worker.log"
    [ "$(stored "$1" --security-info)" = "$2" ] || seen='definition tuned'
    ! grep -q "$1: would change" "$tmp/worker.log" || seen+=', change named'
    echo "$seen"
}
# see_by_hand NAME OPERATION: one that libvirt calls nowhere
see_by_hand() {
    local before after said
    before=$(find "$prefix/run/vmtune" -type f -exec sha256sum {} +)
    said=$("$prefix/sbin/vmtune-hook" "$1" "$2" begin - <"$tmp/$1.xml" 2>&1) || said="exit $?"
    after=$(find "$prefix/run/vmtune" -type f -exec sha256sum {} +)
    if [ "$before$said" = "$after" ]; then echo nothing; else echo "something: $said"; fi
}
see_reconnect() {
    local seen=ended
    ! is_there "$1" || seen=survives
    echo "$seen, $(in_ledger "$1")"
}
see_migrate() {
    virsh dumpxml --migratable --security-info "$1" | elsewhere >"$tmp/$1.there"
    mkdir -p "$other/log/qemu"
    from_elsewhere "$other/log/qemu/$1.log" migrate_to_other_host "$1" --xml "$tmp/$1.there"
    on_other_host virsh destroy "$1" >/dev/null 2>&1
}
# it is saved, which is an end, too
see_stopped() {
    virsh save "$1" "$tmp/$1.save" >/dev/null
    if is_there "$1"; then echo 'goes on'; else echo ends; fi
}
see_restore() {
    virsh save-image-dumpxml "$tmp/$1.save" --security-info | elsewhere >"$tmp/$1.saved"
    virsh save-image-define "$tmp/$1.save" "$tmp/$1.saved" >/dev/null
    from_elsewhere "/var/log/libvirt/qemu/$1.log" virsh restore "$tmp/$1.save"
}

# --- the cells, in the order of a guest's life -------------------------------------------------

# until_restart POLICY TYPE
until_restart() {
    local name=$2-$1 before
    guest "$name" "$2" 0
    guest "unsound-$name" "$2" 7777
    before=$(stored "$name" --security-info)
    cell unsound "$@" "$(see_unsound "unsound-$name")"
    rm -f "$requests"/*
    cell prepare "$@" "$(see_prepare "$name")"
    cell started "$@" "$(in_ledger "$name")"
    cell worker "$@" "$(see_worker "$name" "$before")"
    cell attach "$@" "$(see_by_hand "$name" attach)"
    cell unknown "$@" "$(see_by_hand "$name" made-up)"
}
after_restart() {
    local name=$2-$1
    cell reconnect "$@" "$(see_reconnect "$name")"
    cell migrate "$@" "$(see_migrate "$name")"
    is_there "$name" || begin "$name"
    cell stopped "$@" "$(see_stopped "$name")"
    cell release "$@" "$(in_ledger "$name")"
    cell restore "$@" "$(see_restore "$name")"
    ! is_there "$name" || virsh destroy "$name" >/dev/null
}

start_other_host
for policy in off observe apply enforce; do
    policy $policy
    for type in kvm tcg; do until_restart $policy $type; done
    e2e-restart-libvirtd
    for type in kvm tcg; do after_restart $policy $type; done
    rm -f "$requests"/*
done
finish
