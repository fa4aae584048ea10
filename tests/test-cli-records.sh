#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# test-cli-records.sh VMTUNE: measurements that vmtune diagnose saves, and compares.
#
# VMTUNE_DATADIR names rules and causes; no libvirtd is needed.
# shellcheck disable=SC2317  # functions called by check
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

diagnose() {
    timeout 60 "$vmtune" diagnose --host "$here/hosts/intel-18c36t-split" --width 120 "$@" >out 2>err </dev/null
    status=$?
}
expect() { expect_eq "$1" "$2 " "$status $(cat err)"; } # SENTENCE STATUS, and no talk
shows() { grep -qF -- "$1" out; }
# words WORDS: wherever the lines end
words() { tr -s ' \n' ' ' <out | grep -qF -- "$1"; }
lacks() { ! grep -qF -- "$1" out; }
# refused SENTENCE WORDS: 2, nothing on standard output, WORDS in what is said
refused() {
    expect_eq "$1: it exits 2 and prints nothing" "2 0" "$status $(wc -c <out)"
    check "$1: it says why" grep -qF -- "$2" err
}
for which in before after; do
    sed "s|<devices>|&<graphics type='vnc' passwd='hunter2'/>|" "$cases/windows-$which/domain.xml" >$which.xml
    cp "$cases/windows-$which/vmexit.txt" $which.txt
done
cp "$cases/windows-before/ioport.txt" ports.txt

# --- saved ---------------------------------------------------------------------------------------

umask 022
diagnose --seconds 10 --save before.json ./before.xml ./before.txt ./ports.txt
expect 'a diagnosis that is saved is told as well' 1
check 'all of it' shows 'What matters'
expect_eq 'the file is its owner'\''s alone' 600 "$(stat -c %a before.json)"
check 'no password is in it' bash -c '! grep -q hunter2 before.json && grep -qF "passwd='\''***'\''" before.json'
cp before.json kept.json
diagnose --seconds 10 --save - ./after.xml ./after.txt
mv out after.json
check '--save - prints what is saved, and nothing else' python3 -m json.tool after.json
diagnose --save /nowhere/x.json ./after.xml ./after.txt
expect_eq 'what cannot be saved is trouble' 2 "$status"
check 'and the diagnosis is told all the same' shows 'Exits'
diagnose ./before.json
expect 'what was saved is diagnosed as it was' 1
check 'with the domain that is in it' shows clock/hypervclock
check 'and its name' bash -c 'head -1 out | grep -q win10'
diagnose --save again.json ./before.json
refused_all() { expect_eq "$1" 2 "$status"; }
refused_all 'what is saved already is not saved again'

# --- compared ------------------------------------------------------------------------------------

figures() { # what the published measurements say of this guest
    check "$1: less than half of the exits are left" words 'A second: 35 183 before, 15 185 after'
    check "$1: no port is read or written any more" grep -Eq '^IO_INSTRUCTION .* 25 674 .* 0 +gone$' out
    check "$1: handling takes a fifth" words '5.1 x less'
    check "$1: the PM timer is gone" bash -c "sed -n '/^Gone since/,/^$/p' out | grep -q 'PM timer'"
    check "$1: APICv was switched off" bash -c "sed -n '/^New since/,/^$/p' out | grep -q 'switched APICv off'"
}
diagnose --compare before.json ./after.json
expect 'two that were saved are compared' 1
figures 'both saved'
check 'the rules that the domain keeps now are named' shows 'clock/hypervclock, hyperv/stimer'
check 'of the XML nothing is shown' lacks "+    <timer name='hypervclock'"
diagnose -v --compare before.json ./after.json
check 'but with -v' shows "+    <timer name='hypervclock' present='yes'/>"
diagnose --compare before.json --seconds 10 ./after.xml ./after.txt
expect 'one is compared with files' 1
figures 'with files'
diagnose --compare before.json --seconds 10 ./after.txt
expect_eq 'or with a table alone' 1 "$((status < 2))"
check 'which says as much of APICv as it can' bash -c "sed -n '/^New since/,/^$/p' out | grep -q 'It may be'"
diagnose --compare before.json ./after.txt
check 'a table of which nobody says how long it took is doubted' words 'is not known of both'
diagnose --compare after.json ./before.json
check 'rules that were lost are named too' shows 'clock/hypervclock'
sed 's/"name" : "win10"/"name" : "other"/; s/<name>win10</<name>other</; s/<uuid>7/<uuid>8/' after.json >other.json
diagnose --compare before.json ./other.json
check 'two guests are doubted' words "two guests, 'win10' before and 'other' after"
cmp -s before.json kept.json
expect_eq 'what is compared with stays as it is' 0 $?

# --- refused -------------------------------------------------------------------------------------

diagnose --compare before.json ./after.json ./after.txt
refused 'a saved measurement with a table besides' 'a saved measurement stands alone'
diagnose --compare before.json ./after.txt ./after.json
refused 'and the other way round' 'a saved measurement stands alone'
diagnose --compare nowhere.json ./after.txt
refused 'a file that is not there' 'nowhere.json'
diagnose --compare after.txt ./after.txt
refused 'a table to compare with' 'after.txt:1:1: this is not the JSON of a measurement'
head -c 300 before.json >cut.json
diagnose --compare cut.json ./after.txt
refused 'one that is cut off' 'cut.json:'
diagnose ./cut.json
refused 'also in place of a measurement' 'cut.json:'
sed 's/"format" : 1/"format" : 2/' before.json >newer.json
diagnose ./newer.json
refused 'one of a newer vmtune' 'a newer vmtune has saved this, in format 2'
sed 's/"count" : 256738/"count" : -1/' before.json >less.json
diagnose ./less.json
refused 'a count that is none' "less.json: 'tables[0].entries[0].count' is less than 0"
sed 's|"xml" : "<domain|"xml" : "<nonsense|' before.json >xml.json
diagnose --compare xml.json ./after.json
refused 'a domain that is no XML' 'xml.json: domain.xml:'
finish
