#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A hundred guests start at once while two workers are at work: each is tuned once, no request is
# lost, the ledger knows exactly those that run, and no CPU is chosen for two of them.
#
# VMTUNE_PREFIX names the folder that vmtune is installed in.
# shellcheck disable=SC2119,SC2317  # the functions are vmtune's programs; called by check
. "$(dirname "$0")/lib.sh"
export E2E_TIMEOUT=${E2E_TIMEOUT:-280} # on a machine that has other things to do
run_inside "$@"
. "$e2e/vmtune.sh"
. "$e2e/fire.sh"
ledger=$prefix/run/vmtune/ledger

# The last ones are Windows guests which want a CPU of their own, and there are fewer CPUs than
# guests. The others are in the ledger by a pin from the administrator that takes no CPU from anybody.
light=96 windows=4
everywhere=$(cat /sys/devices/system/cpu/online)
names=()
make_light_image
for ((i = 0; i < light + windows; i++)); do
    names+=("guest$i")
    if [ $i -lt $light ]; then
        light_xml "guest$i" "<cputune><vcpupin vcpu='0' cpuset='$everywhere'/></cputune>"
    else
        windows_xml "guest$i" | sed 's,<vcpu>4<,<vcpu>1<,; s,<memory unit=.MiB.>256<,<memory unit="MiB">16<,'
    fi >"$tmp/guest$i.xml"
    printf 'define %s/guest%d.xml\n' "$tmp" $i
done >"$tmp/definitions"
virsh --quiet <"$tmp/definitions" >/dev/null
expect_eq 'a hundred domains are defined' "${#names[@]}" "$(virsh list --all --name | grep -c guest)"

# keep_working LOG: what the path unit does: runs the worker for as long as there are requests
keep_working() {
    while [ ! -e "$tmp/enough" ]; do
        [ "$(request_count)" = 0 ] || timeout 120 "$prefix/sbin/vmtune-apply" 2>>"$1" ||
            echo "exit code $?" >>"$tmp/worker-failed"
        sleep 0.02
    done
}
keep_working "$tmp/log-1" &
workers=($!)
keep_working "$tmp/log-2" &
workers+=($!)

began=$(date +%s%N)
took() { echo "$((($(date +%s%N) - began) / 1000000)) ms"; }
starts=()
for name in "${names[@]}"; do
    # --paused: a hundred firmwares under TCG would be a test of the machine
    timeout 200 virsh start --paused "$name" >/dev/null 2>>"$tmp/start-failed" &
    starts+=($!)
done
failed=0
for start in "${starts[@]}"; do wait "$start" || failed=$((failed + 1)); done
say "${#names[@]} starts took $(took); $(request_count) requests are left"
expect_eq 'every guest starts' "0 " "$failed $(cat "$tmp/start-failed")"
all_served() { [ "$(request_count)" = 0 ]; }
check 'every request is served' wait_until 60 all_served
: >"$tmp/enough"
wait "${workers[@]}"
say "all was done after $(took)"

# --- every domain once ---------------------------------------------------------------------

cat "$tmp"/log-* >"$tmp/log"
untuned='' not_once='' without_pins='' twice=''
for name in "${names[@]}"; do
    uuid=$(uuid_of "$name")
    stored "$name" >"$tmp/now.xml"
    grep -Eq '<metadata_cache>|<stimer state' "$tmp/now.xml" || untuned+=" $name"
    [ "$(entries "$name")" = 1 ] || not_once+=" $name"
    [ "$(grep -c ": $name: tuned by" "$tmp/log")" = 1 ] || twice+=" $name"
    ! grep -q '<vcpupin' "$tmp/now.xml" || [ -e "$ledger/$uuid.pins" ] || without_pins+=" $name"
    grep -q '<vcpupin' "$tmp/now.xml" || [ ! -e "$ledger/$uuid.pins" ] || without_pins+=" $name"
done
expect_eq 'no domain is left untuned' '' "$untuned"
expect_eq 'each has one undo copy' '' "$not_once"
expect_eq 'each was tuned once' '' "$twice"
expect_eq 'no worker failed' '' "$(cat "$tmp/worker-failed" 2>/dev/null)"
expect_eq 'and no other thing was said' '' "$(grep -v 'tuned by' "$tmp/log")"
expect_eq 'no request is left' '' "$(find "$prefix"/run/vmtune/{requests,claimed} -type f)"
expect_eq 'the ledger holds the pinned guests that run, and no other' '' "$without_pins"

# --- the pins --------------------------------------------------------------------------------

# chosen: the CPUs that vmtune chose for vCPUs, one a line
chosen() {
    local name
    for name in "${names[@]:$light}"; do
        virsh vcpupin "$name" --config | awk '$1 == 0 && $2 !~ /[-,]/ { print $2 }'
    done
}
say "CPUs chosen for $windows Windows guests: $(chosen | xargs)"
expect_eq 'no CPU was chosen for two guests' '' "$(chosen | sort | uniq -d)"
cores=$(grep -h . /sys/devices/system/cpu/cpu*/topology/core_cpus_list | sort -u | wc -l)
[ "$cores" -lt 2 ] || check 'and one at least got its own' test -n "$(chosen)"

# --- the end -----------------------------------------------------------------------------------

ends=()
for name in "${names[@]}"; do
    [ "$name" = guest7 ] || timeout 60 virsh destroy "$name" >/dev/null 2>&1 &
    ends+=($!)
done
wait "${ends[@]}"
expect_eq 'when all but one have ended, the ledger holds that one' \
    "$(uuid_of guest7).pins" "$(cd "$ledger" && ls -- *.pins)"
first=guest0 last=${names[-1]}
check 'a light one is undone' vmtune undo "$first"
check 'and so is a Windows guest' vmtune undo "$last"
finish
