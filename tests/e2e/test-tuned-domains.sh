#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What vmtune writes into Windows guests is taken by the libvirt at hand: the domains of the golden
# cases are tuned for a host with all that this libvirt lists, and no more, and defined with validation;
# a guest that has nothing yet is started as each profile has it, on Intel and on AMD.
#
# VMTUNE_PREFIX names the folder that vmtune is installed in.
# shellcheck disable=SC2119  # the functions are vmtune's programs
. "$(dirname "$0")/lib.sh"
run_inside "$@"
. "$e2e/vmtune.sh"
tests=$e2e/..
cp -r "$tests/conf/profiles" "$prefix/etc/vmtune/"

# version_number WORDS: as the API has it, of what `virsh version` says after WORDS
version_number() {
    virsh version | sed -n "s/^$1 //p" | awk -F. '{ print $1 * 1000000 + $2 * 1000 + $3 }'
}
# host_with_this_libvirt NAME: the tests' host NAME, with the libvirt and QEMU that are here
host_with_this_libvirt() {
    cp -r "$tests/hosts/$1" "$tmp/$1"
    virsh domcapabilities --virttype kvm --machine q35 >"$tmp/$1/domcapabilities.xml"
    printf '[versions]\nlibvirt=%s\nqemu=%s\n' "$(version_number 'Using library: libvirt')" \
        "$(version_number 'Running hypervisor: QEMU')" >"$tmp/$1/versions"
}
host_with_this_libvirt intel-18c36t-split
host_with_this_libvirt intel-nested
host_with_this_libvirt amd-nested
sed -i '/<value>evmcs</d' "$tmp/amd-nested/domcapabilities.xml" # KVM offers it on Intel only
say "$(virsh version | tail -n 3)"

# --- the golden cases ------------------------------------------------------------------------

# tune_golden_cases UNTUNED TUNED: each domain once, and only what there is something to tune in
tune_golden_cases() {
    local case domain name sum seen=' '
    mkdir "$1" "$2"
    for case in "$tests"/cases/*/*/*/; do
        domain=$case/domain.xml
        grep -q 'microsoft.com/win' "$domain" || continue
        sum=$(md5sum <"$domain")
        [[ "$seen" != *" $sum "* ]] || continue
        seen+="$sum "
        name=$(basename "$(dirname "$case")")-$(basename "$case").xml
        # a few are there to be refused by vmtune
        vmtune tune --host "$tmp/intel-18c36t-split" "$domain" >"$2/$name" 2>/dev/null
        if [ $? = 2 ] || cmp -s "$domain" "$2/$name"; then
            rm "$2/$name"
        else
            cp "$domain" "$1/$name"
        fi
    done
}
# refused_when_tuned UNTUNED TUNED: those that libvirt takes untuned, but not tuned
refused_when_tuned() {
    local line name
    "$e2e/start-domains" --define-only "$2"/*.xml | grep ': not defined' | while read -r line; do
        name=$(basename "${line%%: not defined*}")
        ! "$e2e/start-domains" --define-only "$1/$name" >/dev/null || echo "$line"
    done
}
tune_golden_cases "$tmp/untuned" "$tmp/tuned"
count=$(find "$tmp/tuned" -name '*.xml' | wc -l)
say "$count domains are tuned"
check 'there are many, each with something to tune' test "$count" -ge 80
expect_eq 'libvirt refuses none of those that it takes untuned' '' \
    "$(refused_when_tuned "$tmp/untuned" "$tmp/tuned")"

# --- the profiles ----------------------------------------------------------------------------

windows_xml rich http://microsoft.com/win/11 >"$tmp/rich.xml"
# starts_tuned PROFILE HOST
starts_tuned() {
    vmtune tune --host "$tmp/$2" --profile "$1" "$tmp/rich.xml" >"$tmp/$1-$2.xml"
    check "a guest tuned for profile $1 on $2 starts" "$e2e/start-domains" "$tmp/$1-$2.xml"
}
# asked PROFILE HOST PROPERTY: whether QEMU was asked for it when that guest started
asked() { if grep -q "[,]$3=on" "/run/qemu-kvm-standin/$1-$2.argv"; then echo yes; else echo no; fi; }
# property ELEMENT: QEMU's name for it
property() {
    case $1 in
    tlbflush_extended) echo hv-tlbflush-ext ;;
    *) echo "hv-${1/_/-}" ;;
    esac
}
# listed HOST ELEMENT: whether this libvirt lists an enlightenment, or a part of one among the defaults
listed() {
    if grep -q "<value>$2<\|<$2>on<" "$tmp/$1/domcapabilities.xml"; then echo yes; else echo no; fi
}

for profile in balanced dedicated nested migratable; do
    starts_tuned $profile intel-nested
    expect_eq "$profile: it has synthetic timers" yes "$(asked $profile intel-nested hv-stimer)"
    for part in stimer_direct tlbflush_extended xmm_input; do
        expect_eq "$profile: it has $part if this libvirt lists that" "$(listed intel-nested $part)" \
            "$(asked $profile intel-nested "$(property $part)")"
    done
done
nested_only='evmcs emsr_bitmap tlbflush_direct'
for part in $nested_only; do
    expect_eq "balanced: it has no $part" no "$(asked balanced intel-nested "$(property $part)")"
done
starts_tuned nested amd-nested
for host in intel-nested amd-nested; do
    for part in $nested_only; do
        expect_eq "nested on $host: it has $part if this libvirt lists that" "$(listed $host $part)" \
            "$(asked nested $host "$(property $part)")"
    done
done
finish
