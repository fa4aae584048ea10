#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The hook's filters and its ledger, as libvirt runs them but without libvirt: what they print,
# what they keep to themselves, and what they write down.
#
# VMTUNE_PREFIX names the folder that vmtune is installed in; see e2e/run. VMTUNE_RECONNECTS is how
# often a reconnect is fed garbage.
# shellcheck disable=SC2016,SC2317  # for the shells in there; called by check
. "$(dirname "$0")/lib.sh"
tests=$(cd "$(dirname "$0")" && pwd)
prefix=${VMTUNE_PREFIX:?names the folder that vmtune is installed in}
hook=$prefix/sbin/vmtune-hook
rundir=$prefix/run/vmtune
ledger=$rundir/ledger
conf=$prefix/etc/vmtune
tmp=$(mktemp -d)
cp -r "$conf" "$tmp/conf"
trap 'rm -rf "$rundir" "$conf"; cp -r "$tmp/conf" "$conf"; rm -rf "$tmp"' EXIT
cd "$tmp" || exit
export LC_ALL=C
unset VMTUNE_CONFDIR VMTUNE_DATADIR
rm -rf "$rundir" "$conf/vmtune.conf"

absent=9999
mapfile -t online < <(tr ',' '\n' </sys/devices/system/cpu/online |
    while IFS=- read -r first last; do seq "$first" "${last:-$first}"; done)
here=${online[-1]}

# domain ID CPUS [MORE]: one vCPU on CPUS, with passwords, quotes of both kinds and a comment
uuid() { printf '7c0ea8a6-1b1d-4b5b-8c44-0000000000%02d' "$1"; }
domain() {
    cat <<END
<domain type="kvm">
  <name>guest $1</name>
  <uuid>$(uuid "$1")</uuid>
  <memory unit='MiB'>64</memory>
  <vcpu placement='static'>1</vcpu>
  <cputune>
    <shares>1024</shares>
    <vcpupin vcpu='0' cpuset='$2'/>
  </cputune>
  <os><type arch='x86_64'>hvm</type></os>  <!-- as it came -->
  <devices>
    <graphics type='vnc' passwd="hunter2&amp;"/>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
  </devices>
  ${3:-}
</domain>
END
}
# run NAME OPERATION <XML: leaves $status, and the files out and err
run() {
    timeout 20 "$hook" "$1" "$2" begin - >out 2>err
    status=$?
}
# silent SENTENCE: the last run ended with 0 and printed nothing
silent() { expect_eq "$1" '0 0' "$status $(wc -c <out)"; }
# entries: the names in the ledger that are entries
entries() { find "$ledger" -name '*-*.p*' -printf '%f\n' 2>/dev/null | sort | xargs; }

# --- filters -------------------------------------------------------------------------------

for operation in migrate restore; do
    rm -rf "$rundir"
    domain 1 "$here" >sound.xml
    run 'guest 1' $operation <sound.xml
    silent "$operation: sound pins are left alone"
    expect_eq "$operation: and not a word is said" '' "$(cat err)"
    expect_eq "$operation: they are promised to the guest" "$(uuid 1).promise" "$(entries)"
    domain 2 "$absent" >absent.xml
    run 'guest 2' $operation <absent.xml
    expect_eq "$operation: pins on a CPU that is not there end well" 0 "$status"
    check "$operation: the domain is printed" grep -q '^<domain type="kvm">' out
    check "$operation: without that CPU" bash -c '! grep -q "$0" out' "$absent"
    check "$operation: with its passwords" grep -qF 'passwd="hunter2&amp;"' out
    grep -v -E "<vcpupin|<emulatorpin" absent.xml >absent.rest
    grep -v -E "<vcpupin|<emulatorpin" out >out.rest
    check "$operation: every byte but the pins is as it was" cmp absent.rest out.rest
    check "$operation: the result is well-formed" xmllint --noout out
    cp out again.xml
    run 'guest 2' $operation <again.xml
    silent "$operation: the result is left alone"
    check "$operation: no password is in a message or a file" \
        bash -c '! grep -r hunter2 "$0" err' "$rundir"
done

# what another guest has for its own
rm -rf "$rundir"
domain 1 "$here" >first.xml
run 'guest 1' started <first.xml
domain 2 "$here" >second.xml
run 'guest 2' restore <second.xml
check 'a CPU that another guest has is not sound' test -s out
check 'the guest is not pinned there' bash -c "! grep -q \"vcpupin vcpu='0' cpuset='$here'\" out"
run 'guest 1' release <first.xml
run 'guest 2' restore <second.xml
silent 'when that guest has gone it is'

# who does not want it
# unwanted SENTENCE [XML]: nothing is printed, and nothing promised
unwanted() {
    rm -rf "$rundir"
    for operation in migrate restore; do
        run 'guest 2' $operation <"${2:-absent.xml}"
        silent "$1: $operation prints nothing"
    done
    expect_eq "$1: nothing is promised" '' "$(entries)"
}
for setting in '[policy]\ndefault = off' '[policy]\ndefault = observe' '[pin]\npolicy = off' \
    '[policy]\nskip = cputune/*'; do
    printf '%b\n' "$setting" >"$conf/vmtune.conf"
    unwanted "$setting"
done
rm "$conf/vmtune.conf"
mkdir -p "$conf/rules/cputune"
: >"$conf/rules/cputune/pin.xml"
unwanted 'a masked rule'
rm -r "$conf/rules"
wishes() { echo "<metadata><v:wishes xmlns:v='urn:vmtune:domain:1.0' $1</v:wishes></metadata>"; }
domain 2 "$absent" "$(wishes "policy='off'>")" >wish.xml
unwanted 'a wish to be left alone' wish.xml
domain 2 "$absent" "$(wishes "><v:skip rule='cputune/pin'/>")" >wish.xml
unwanted 'a wish not to be pinned' wish.xml
domain 2 "$absent" "$(wishes "policy='hunter2'>")" >wish.xml
unwanted 'a misspelt wish' wish.xml
check 'which is not quoted' bash -c '! grep -q hunter2 err'
domain 2 "$absent" \
    "<metadata><n:instance xmlns:n='http://openstack.org/xmlns/libvirt/nova/1.1'/></metadata>" \
    >nova.xml
unwanted 'a domain that another layer manages' nova.xml
domain 2 "$absent" | sed '/<vcpupin/d' >none.xml
unwanted 'a domain without pins' none.xml

# what is not well-formed is not quoted
for cut in 50 150 300 400 450; do
    head -c $cut absent.xml >cut.xml
    run 'guest 2' migrate <cut.xml
    silent "a domain that ends after $cut bytes"
done
domain 2 "$absent" | sed 's/&amp;/\&hunter3;/' >entity.xml
run 'guest 2' migrate <entity.xml
silent 'an entity in a password'
check 'is not quoted' bash -c '! grep -qE "hunter" err'
expect_eq 'but one line is said' 1 "$(wc -l <err)"

# closed descriptors, and nobody who reads
for fds in '>&-' '2>&-' '>&- 2>&-' '<&- >&-'; do
    rm -rf "$rundir"
    eval "'$hook' 'guest 2' migrate begin - <absent.xml $fds" >/dev/null 2>&1
    expect_eq "with $fds" 0 $?
    check "no file holds what was to be printed" bash -c '! grep -rq hunter2 "$0"' "$rundir"
done
"$hook" 'guest 2' migrate begin - <absent.xml >/dev/full 2>err
expect_eq 'an output that cannot be written' 0 $?
{ "$hook" 'guest 2' migrate begin - <absent.xml 2>err; echo $? >rc; } | true
expect_eq 'a reader that has gone' 0 "$(cat rc)"

# --- the ledger ------------------------------------------------------------------------------

rm -rf "$rundir"
domain 3 "$here" >third.xml
for operation in prepare start stopped attach; do
    run 'guest 3' $operation <third.xml
    expect_eq "$operation writes nothing into the ledger" '' "$(entries)"
done
for operation in started reconnect; do
    rm -rf "$ledger"
    run 'guest 3' $operation <third.xml
    silent "$operation prints nothing"
    expect_eq "$operation says nothing" '' "$(cat err)"
    expect_eq "$operation records the guest" "$(uuid 3).pins" "$(entries)"
    check "$operation: with its CPU" grep -qx "vcpus=$here" "$ledger/$(uuid 3).pins"
    check "$operation: for root alone" \
        test "$(stat -c %a "$ledger" "$ledger/$(uuid 3).pins" | xargs)" = '700 600'
done
run 'guest 3' release <third.xml
silent 'release prints nothing'
expect_eq 'release drops the guest' '' "$(entries)"
run 'guest 3' release <third.xml
expect_eq 'and finds nothing to say the second time' '0 ' "$status $(cat err)"

# a ledger that is of no use costs nobody anything
run 'guest 3' started <third.xml
echo garbage >"$ledger/$(uuid 3).pins"
run 'guest 2' restore <absent.xml
expect_eq 'a corrupt entry' '0 yes' "$status $(test -s out && echo yes)"
check 'is told of' grep -q 'is no entry of the ledger' err
rm -rf "$ledger"
: >"$ledger"
for operation in started reconnect release; do
    run 'guest 3' $operation <third.xml
    expect_eq "a file in the place of the ledger: $operation" '0 0 1' \
        "$status $(wc -c <out) $(wc -l <err)"
done
run 'guest 2' restore <absent.xml
expect_eq 'a file in the place of the ledger: restore still has new pins' '0 yes' \
    "$status $(test -s out && echo yes)"
rm "$ledger"
(ulimit -f 0 && run 'guest 3' started <third.xml && exit "$status") 2>/dev/null
expect_eq 'a full disk: started' 0 $?
run 'guest 3' started <third.xml
exec 8>"$ledger/lock"
flock 8
start=$SECONDS
run 'guest 2' restore <absent.xml
expect_eq 'a hung lock: restore still has new pins' '0 yes' "$status $(test -s out && echo yes)"
check 'a hung lock: it is told of' grep -q 'another process has it' err
check 'a hung lock: within seconds' test $((SECONDS - start)) -le 8
start=$SECONDS
for operation in started reconnect release; do
    run 'guest 3' $operation <third.xml
    expect_eq "a hung lock: $operation does not need it" '0 ' "$status $(cat err)"
done
check 'a hung lock: nor waits' test $((SECONDS - start)) -le 2
exec 8>&-

# --- a hundred guests at once ------------------------------------------------------------------------

# on a host of 110 cores, which is put over this one's /sys
for ((i = 0; i < 110; i++)); do
    mkdir -p "sys/devices/system/cpu/cpu$i/topology"
    echo $i | tee "sys/devices/system/cpu/cpu$i/topology/"{core_id,core_cpus_list,thread_siblings_list} \
        >/dev/null
    echo 0 >"sys/devices/system/cpu/cpu$i/topology/physical_package_id"
done
echo 0-109 | tee sys/devices/system/cpu/{online,possible,present} >/dev/null
: >sys/devices/system/cpu/isolated
# crowd OPERATION: what a hundred hooks print, each in a file of its own
crowd() {
    local i hooks=()
    for ((i = 0; i < 100; i++)); do
        timeout 20 "$hook" "guest $i" "$1" begin - <"crowd/$i.xml" >"crowd/$i.$1" 2>>"crowd/$1.err" &
        hooks+=($!)
    done
    wait "${hooks[@]}"
}
export -f crowd
export hook
if unshare --mount --map-root-user mount --bind sys /sys 2>/dev/null; then
    rm -rf "$rundir"
    mkdir crowd
    for ((i = 0; i < 100; i++)); do domain $i "$absent" >"crowd/$i.xml"; done
    unshare --mount --map-root-user bash -c 'mount --bind sys /sys && crowd restore'
    pins=$(sed -n "s/.*<vcpupin vcpu='0' cpuset='\([0-9]*\)'.*/\1/p" crowd/*.restore)
    expect_eq 'a hundred guests that are restored at once each get a CPU' 100 "$(wc -w <<<"$pins")"
    expect_eq 'and no two the same' '' "$(sort <<<"$pins" | uniq -d | xargs)"
    check 'none had to go without the lock' bash -c '! grep -q "cannot lock" crowd/restore.err'
fi

# --- reconnect is never the end of a guest -------------------------------------------------------

rm -rf "$rundir"
rounds=${VMTUNE_RECONNECTS:-10000}
expect_eq "$rounds reconnects fed garbage all end with 0, printing nothing" 0 "$(
    python3 "$tests/hook-garbage.py" "$hook" third.xml "$rounds" >garbage.told
    echo $?
)"
say "$(cat garbage.told)"
for signal in TERM HUP INT SEGV ABRT BUS; do
    mkfifo -m 600 pipe
    "$hook" 'guest 3' reconnect begin - <pipe >out 2>/dev/null &
    pid=$!
    exec 7>pipe
    sleep 0.1
    kill -$signal $pid
    wait $pid
    expect_eq "SIG$signal while it reads does not make it fail" 0 $?
    exec 7>&-
    rm pipe
done
finish
