#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A watch that has seen five hundred definitions takes no more memory and no more file descriptors
# than one that has seen a hundred; and it ends at once, in the middle of its work too.
#
# VMTUNE_PREFIX names the folder that vmtune is installed in.
# shellcheck disable=SC2119,SC2317  # the functions are vmtune's programs; called by check
. "$(dirname "$0")/lib.sh"
run_inside "$@"
. "$e2e/vmtune.sh"
. "$e2e/fire.sh"

make_light_image
count=100
for ((i = 0; i < count; i++)); do
    light_xml "guest$i" >"$tmp/guest$i.xml"
    printf 'define %s/guest%d.xml\n' "$tmp" $i
done >"$tmp/define"
for ((i = 0; i < count; i++)); do printf 'undefine guest%d\n' $i; done >"$tmp/undefine"

"$prefix/bin/vmtune" watch 2>"$tmp/log" &
watch=$!
memory_kib() { awk '/^VmRSS/ { print $2 }' "/proc/$watch/status"; }
descriptors() { find "/proc/$watch/fd" -mindepth 1 | wc -l; }
tuned_so_far() { grep -c 'tuned by' "$tmp/log"; }
tuned_at_least() { [ "$(tuned_so_far)" -ge "$1" ]; }
# A hundred domains are defined, tuned and gone again, with another UUID each time.
rounds() {
    local round wanted
    for ((round = 0; round < $1; round++)); do
        wanted=$(($(tuned_so_far) + count))
        virsh --quiet <"$tmp/define" >/dev/null
        wait_until 60 tuned_at_least $wanted || return 1
        virsh --quiet <"$tmp/undefine" >/dev/null
    done
}

check 'a hundred definitions are tuned' rounds 1
sleep 2 # it gives back what a batch took once that is through
early=$(memory_kib) early_descriptors=$(descriptors)
check 'and four hundred more' rounds 4
sleep 2
late=$(memory_kib)
say "$(tuned_so_far) tuned; memory after 100: $early KiB, after 500: $late KiB"
check 'memory does not grow with what was seen' [ "$late" -le $((early + early / 10)) ]
settled() { [ "$(descriptors)" -le "$early_descriptors" ]; }
check 'nor do the file descriptors' wait_until 10 settled

virsh --quiet <"$tmp/define" >/dev/null
before=$(tuned_so_far)
wait_until 10 tuned_at_least $((before + 1))
began=$(date +%s%N)
kill -TERM "$watch"
wait "$watch"
expect_eq 'SIGTERM in the middle of its work ends it with 0' 0 $?
check 'within 2 seconds' [ $(($(date +%s%N) - began)) -lt 2000000000 ]
half=0
for ((i = 0; i < count; i++)); do
    grep -q '<metadata_cache>' "/etc/libvirt/qemu/guest$i.xml" || continue
    vmtune undo "guest$i" 2>/dev/null || half=$((half + 1))
done
expect_eq 'and each that it had tuned can be undone' 0 $half
finish
