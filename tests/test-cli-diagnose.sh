#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# test-cli-diagnose.sh VMTUNE: vmtune diagnose of files, and of libvirt's test driver.
#
# VMTUNE_DATADIR names rules and causes; no libvirtd is needed.
# shellcheck disable=SC2016,SC2317  # for others to expand; called by check
: "${VMTUNE_DATADIR:?names the rules}"
. "$(dirname "$0")/lib.sh"
vmtune=$(realpath "$1")
here=$(realpath "$(dirname "$0")")
cases=$here/diagnoses
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit
export LC_ALL=C HOME=$tmp/home XDG_STATE_HOME=$tmp/home VMTUNE_CONFDIR=$tmp/conf
unset COLUMNS NO_COLOR LIBVIRT_DEFAULT_URI

run() {
    "$@" >out 2>err </dev/null
    status=$?
}
diagnose() { run timeout 60 "$vmtune" diagnose "$@"; }
expect() { expect_eq "$1" "$2 " "$status $(cat err)"; } # SENTENCE STATUS, and no talk
shows() { grep -qF -- "$1" out; }
lacks() { ! grep -qF -- "$1" out; }
tells() { grep -qF -- "$1" err; }
# refused SENTENCE WORDS: 2, nothing on standard output, WORDS in what is said
refused() {
    expect_eq "$1: it exits 2 and prints nothing" "2 0" "$status $(wc -c <out)"
    check "$1: it says why" tells "$2"
}

cp "$cases/windows-before/vmexit.txt" exits.txt
cp "$cases/windows-before/ioport.txt" ports.txt
cp "$cases/windows-before/domain.xml" win10.xml
cp "$cases/linux-tsc/vmexit.txt" sound.txt
host=$here/hosts/intel-18c36t-split

# --- which file is what ------------------------------------------------------------------------

diagnose ./exits.txt ./ports.txt
expect 'a measurement with trouble in it exits 1' 1
check 'the cause is named' shows 'ACPI PM timer'
check 'nobody is said to lack anything where no domain was given' lacks '(missing)'
check 'and how to give one is told' shows 'vmtune diagnose DOMAIN FILE...'
cp out both
diagnose ./ports.txt ./exits.txt
expect_eq 'the order of files means nothing' "$(cat both)" "$(cat out)"
cat exits.txt ports.txt >all.txt
diagnose ./all.txt
expect_eq 'nor does it whether they are one or two' "$(cat both)" "$(cat out)"
run bash -c 'cat all.txt | "$0" diagnose -' "$vmtune"
expect_eq 'nor whether they come by standard input' "1 $(cat both)" "$status $(cat out)"
diagnose ./sound.txt
expect 'one with nothing to mend exits 0' 0
diagnose --host "$host" win10.xml ./all.txt
expect 'a domain besides exits as it does without' 1
check 'what the domain lacks is missing' shows 'clock/hypervclock (missing)'
check 'the command that sets it is told' shows 'vmtune tune win10.xml'
cp out with
diagnose ./all.txt --host "$host" ./win10.xml
expect_eq 'the domain may come last' "$(sed 's|\./win10|win10|' out)" "$(cat with)"
cp win10.xml domain
run bash -c '{ printf "\n  "; cat domain; } | "$0" diagnose --host "$1" ./all.txt -' "$vmtune" "$host"
expect_eq 'a domain is told by its text, not by its name' 1 "$status"
check 'a domain from standard input is one' shows 'clock/hypervclock (missing)'
"$vmtune" tune --host "$host" win10.xml -o tuned.xml
diagnose --host "$host" tuned.xml ./all.txt
expect 'of a domain that has what ends it' 1
check 'it is said that a cold boot may be due' shows 'cold boot'

# --- what is not enough, or too much --------------------------------------------------------------

diagnose
refused 'nothing to look at' 'name a running domain to measure'
diagnose win10.xml
refused 'a file alone' 'a file does not run'
diagnose win10.xml ./domain ./all.txt
refused 'two domains' "'win10.xml' and './domain' are two domains"
diagnose -c test:///default test test
refused 'two names' "'test' and 'test' are two domains"
diagnose ./exits.txt ./all.txt
refused 'the same table twice' './all.txt:'
diagnose ./nowhere.txt
refused 'a file that is not there' "cannot open './nowhere.txt'"
diagnose ./
refused 'a folder' "'./'"
diagnose -c test:///default exits.txt
refused 'a file that is named like a domain' "(a file of that name is './exits.txt')"
diagnose -c test:///default ./all.txt nobody
refused 'a domain that there is not' "no domain 'nobody'"
diagnose --perf ./all.txt
refused 'a measurement and --perf' 'here is a measurement already'
diagnose --blockstats ./all.txt
refused '--blockstats of nobody' '--blockstats watches a domain that runs here'
diagnose --seconds 0x ./all.txt
refused 'seconds that are no number' 'seconds'
for seconds in -1 1e9 nan inf -inf; do
    diagnose --seconds="$seconds" ./all.txt
    refused "$seconds seconds" '--seconds takes a number of seconds, up to'
done
diagnose --format sarif ./all.txt
refused 'a format that it lacks' "no format 'sarif'"
diagnose --host "$tmp" win10.xml ./all.txt
refused 'a host that is none' 'holds no host'
diagnose --profile none win10.xml ./all.txt
refused 'a profile that there is not' "'none'"
run env VMTUNE_DATADIR="$tmp" "$vmtune" diagnose ./all.txt
refused 'no rules' "no rules in '$tmp/rules'"
mkdir rules
run env VMTUNE_DATADIR="$tmp" "$vmtune" diagnose ./all.txt
refused 'no causes' "no causes in '$tmp/causes'"

# libvirt's test driver: domains that no emulator runs
diagnose -c test:///default test
refused 'a libvirt without counters' "libvirt does not tell how often domain 'test' leaves"
diagnose -c test:///default --perf test
refused 'one without processes' "the process of domain 'test' cannot be found"
diagnose -c test:///default --memory-map test ./all.txt
refused 'one without an emulator' "'info mtree"

# --- what is not a measurement, or half of one ---------------------------------------------------

for text in '' $'\n\n' 'hello' $'\xff\xfe\x00\x01' '{' '{"a": 1}' '<' '<domain' '<domain/>' \
    $'Analyze events for all VMs, all VCPUs:\n' 'Total Samples:5, Total events handled time:1.00us.'; do
    printf '%s' "$text" >bad.txt
    diagnose ./bad.txt
    refused "${text@Q}" './bad.txt'
done
head -c 2000 /dev/urandom >bad.txt
diagnose ./bad.txt
refused 'noise' './bad.txt'
lines=$(wc -l <exits.txt)
for ((n = 4; n < lines - 1; n++)); do
    head -n "$n" exits.txt >half.txt
    diagnose ./half.txt
    [ "$status" = 2 ] && grep -qE '^vmtune: \./half\.txt:[0-9]+:[0-9]+: ' err || break
done
expect_eq 'a table that is cut off behind any line is refused at that line' $((lines - 1)) "$n"
sed 's/256738/256x38/' exits.txt >bad.txt
diagnose ./bad.txt
refused 'a number that is none' './bad.txt:7:'
check 'the line is shown, and the place in it' tells '^'
sed 's/Samples%/Proben%/; s/VM-EXIT/VM-Ausgang/' exits.txt >bad.txt
diagnose ./bad.txt
refused 'a table in another language' './bad.txt:'
printf 'Exit <b>&amp;\033]0;pwned\007\n' | cat - exits.txt >steering.txt
diagnose ./steering.txt
check 'a text cannot steer the terminal' bash -c '! cat out err | grep -q $'"'\\\\033'"

# --- what comes of it ----------------------------------------------------------------------------

run python3 -c '
import random
print("\n".join(f" CPU 0/KVM-7 [001] {n / 1e5:.6f}: kvm_pio: pio_read at 0x608 size 4 count 1 val 0x1"
                for n in range(400000)))'
mv out trace.txt
diagnose ./trace.txt
expect 'a long trace is read' 1
check 'and each line of it counted' shows '400 000'

diagnose --format json --host "$host" win10.xml ./all.txt
expect 'JSON exits as text does' 1
check 'it is JSON, and has the same' python3 -c '
import json
d = json.load(open("out"))
assert d["count"] == 351826 and d["seconds"] is None, d
assert any(c["rule"] == "clock/hypervclock" and c["state"] == "missing"
           for cause in d["causes"] for c in cause["cures"]), d["causes"]'
diagnose --format json --seconds 10 ./all.txt
check 'it has the seconds that were told' python3 -c '
import json
d = json.load(open("out"))
assert d["seconds"] == 10 and abs(d["count_per_second"] - 35182.6) < 1, d'
diagnose --svg exits.svg --html exits.html ./all.txt
expect 'drawings change nothing of the exit code' 1
check 'the text is printed besides' shows 'ACPI PM timer'
check 'both are XML' python3 -c '
import xml.dom.minidom
for name in ("exits.svg", "exits.html"):
    xml.dom.minidom.parse(name)'
diagnose --svg - ./all.txt
expect_eq 'a drawing for standard output is all that is printed' "$(cat exits.svg)" "$(cat out)"
diagnose --html - ./all.txt
expect_eq 'so is a report' "$(cat exits.html)" "$(cat out)"
diagnose --svg /nowhere/exits.svg ./all.txt
expect_eq 'a drawing that cannot be written exits 2' 2 "$status"
check 'and says which' tells /nowhere/exits.svg
diagnose --ascii ./all.txt
check '--ascii has no other characters' python3 -c 'open("out", encoding="ascii").read()'
run env LC_ALL=C.UTF-8 "$vmtune" diagnose --width 60 ./all.txt
check '--width is the width' python3 -c '
assert max(len(line.rstrip("\n")) for line in open("out", encoding="utf-8")) <= 60'
run "$vmtune" diagnose --width -5 ./all.txt
refused 'a width below nothing' '--width takes'
run bash -c '"$0" diagnose ./all.txt >/dev/full' "$vmtune"
expect_eq 'a full disk exits 2' 2 "$status"
finish
