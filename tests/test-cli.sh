#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# test-cli.sh VMTUNE: the command as it is used, on files and on libvirt's test driver.
#
# VMTUNE_DATADIR names the rules; no libvirtd is needed.
# shellcheck disable=SC2013,SC2016,SC2317  # for the shells in there; words; called by check
: "${VMTUNE_DATADIR:?names the rules}"
. "$(dirname "$0")/lib.sh"
vmtune=$(realpath "$1")
tests=$(cd "$(dirname "$0")" && pwd)
sample=$tests/e2e/win10.xml
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit
export LC_ALL=C HOME=$tmp/home XDG_STATE_HOME=$tmp/home VMTUNE_CONFDIR=$tmp/conf

# run COMMAND...: leaves $status, and the files out and err
run() {
    "$@" >out 2>err
    status=$?
}
# expect SENTENCE STATUS: of the last run; and it said nothing beside the result
expect() { expect_eq "$1" "$2 " "$status $(cat err)"; }
same() { cmp "$1" "$2"; }

# --- diff, tune, check -----------------------------------------------------------------

run "$vmtune" diff "$sample"
expect 'diff of a domain with something to change exits 1' 1
mv out diff.txt
run "$vmtune" tune "$sample"
expect 'tune of it exits 0' 0
mv out tuned.xml
run "$vmtune" tune ./tuned.xml
expect 'tune of the tuned domain exits 0' 0
check 'and changes no byte' same out tuned.xml
run "$vmtune" diff ./tuned.xml
expect 'diff finds nothing in it and exits 0' 0
expect_eq 'and prints nothing' '' "$(cat out)"
check 'the changes come before the unified diff' python3 - diff.txt <<'END2'
import sys
lines = open(sys.argv[1]).read().splitlines()
start = next(i for i, line in enumerate(lines) if line.startswith("--- "))
assert start > 3, start
assert all(line.startswith("#") for line in lines[:start])
assert lines[start + 1].startswith("+++ ")
assert not any(line.startswith("#") for line in lines[start:])
END2
cp "$sample" patched.xml
check 'diff prints what patch takes' patch --quiet patched.xml diff.txt
check 'and that gives the tuned domain' same patched.xml tuned.xml
check 'check names a rule and says that apply mends it' \
    grep -q 'hyperv/stimer \[apply mends it\]' <("$vmtune" check "$sample")
run "$vmtune" check "$sample"
expect 'check of it exits 1' 1
neglected=$tests/hosts/kernel-neglected
cp "$sample" second.xml
run "$vmtune" check --host "$neglected" "$sample" second.xml
expect_eq 'what is wrong with the host is said once for two domains' \
    '1 1' "$(grep -c '^the host:$' out) $(grep -c 'host/thp$' out)"
check 'with those that give cause to it' grep -qF "(for $sample, second.xml)" \
    <(tr -s ' \n' ' ' <out)
run "$vmtune" check --host "$neglected" --format json "$sample" second.xml
check 'in JSON beside the domains' python3 - out <<'END2'
import json, sys
with open(sys.argv[1]) as file:
    result = json.load(file)
(thp,) = [found for found in result["host"]["findings"] if found["rule"] == "host/thp"]
assert len(thp["domains"]) == 2, thp
for domain in result["domains"]:
    assert not [found for found in domain["findings"] if found["rule"].startswith("host/")]
END2
check 'check -v says what was not considered, and why' \
    grep -q 'disk.default_covers is unknown:' <("$vmtune" check -v "$sample")
run "$vmtune" diff "$sample" ./tuned.xml
expect 'of two domains the worse decides the exit code' 1
run "$vmtune" diff ./tuned.xml ./missing.xml "$sample"
expect_eq 'what cannot be read does not keep the next domain from being shown' '2 1' \
    "$status $(grep -c '^--- ' out)"
sed 's/id="http[^"]*"/id="http:\/\/debian.org\/debian\/12"/' "$sample" >linux.xml
run "$vmtune" tune ./linux.xml
check 'a Linux guest gets no enlightenment' bash -c '! grep -q "<synic" "$0"' "$tmp/out"

# --- where the XML comes from and goes to ------------------------------------------------

run "$vmtune" tune - <"$sample"
check "'-' is standard input" same out tuned.xml
run "$vmtune" tune <(cat "$sample")
check 'a process substitution is a file' same out tuned.xml
run "$vmtune" tune /dev/stdin < <(cat "$sample")
check '/dev/stdin is a file' same out tuned.xml
cp "$sample" 'a file, with  spaces & ü.xml'
run "$vmtune" tune 'a file, with  spaces & ü.xml'
check 'a file may have any name' same out tuned.xml
cp "$sample" ./-v.xml
run "$vmtune" tune -- -v.xml
check 'even one with a dash in front' same out tuned.xml
cp "$sample" plain
run "$vmtune" tune plain -c test:///default
expect_eq 'a file that looks like the name of a domain is pointed to' 2 $status
check 'with the way to name it' grep -qF "'./plain'" err
run "$vmtune" tune --output new.xml "$sample"
expect '--output makes a file' 0
check 'with the tuned domain' same new.xml tuned.xml
expect_eq 'and nothing is printed' '' "$(cat out)"
check 'that only its owner reads' test "$(stat -c %a new.xml)" = 600
cp "$sample" own.xml
chmod 640 own.xml
run "$vmtune" tune --output own.xml own.xml
check '--output may be the file itself' same own.xml tuned.xml
check 'which keeps its mode' test "$(stat -c %a own.xml)" = 640
cp "$sample" target.xml
ln -s target.xml link.xml
run "$vmtune" tune --output link.xml "$sample"
check '--output through a link writes its target' same target.xml tuned.xml
check 'and the link stays one' test -L link.xml
mkfifo fifo
timeout 10 cat fifo >from-fifo &
timeout 10 "$vmtune" tune --output fifo "$sample"
wait $!
check '--output into a FIFO reaches its reader' same from-fifo tuned.xml
run bash -c '"$0" tune --output /dev/stdout "$1" | cat' "$vmtune" "$sample"
check '--output /dev/stdout is standard output' same out tuned.xml
run env NO_COLOR=1 "$vmtune" diff "$sample"
check 'NO_COLOR changes nothing where there is no terminal' same out diff.txt
run env LC_ALL=de_DE.UTF-8 "$vmtune" tune "$sample"
check 'the XML is the same in every language' same out tuned.xml

# --- configuration and wishes --------------------------------------------------------------

mkdir -p conf/rules/hyperv
printf '[rules]\nskip = hyperv/*; clock/*; cpu/*\n' >conf/vmtune.conf
run "$vmtune" diff "$sample"
check 'a rule that the configuration skips changes nothing' bash -c '! grep -q hyperv/ out'
rm conf/vmtune.conf
sed "s|</metadata>|<v:wishes xmlns:v='urn:vmtune:domain:1.0'><v:skip rule='hyperv/stimer*'/>\
</v:wishes>&|" "$sample" >skip.xml
run "$vmtune" tune ./skip.xml
check 'a rule that the domain skips changes nothing' bash -c '! grep -q "<stimer" out'
check 'the others do' grep -q '<relaxed' out
check 'the wish is kept' grep -q "rule='hyperv/stimer\*'" out
sed "s|<v:wishes |&policy='off' |" skip.xml >off.xml
run "$vmtune" tune ./off.xml
check 'a domain that wants to be left alone is' same out off.xml
check 'and that is said' grep -q 'left alone' err
sed -n '/<rule/,$p' "$VMTUNE_DATADIR/rules/hyperv/stimer.xml" |
    sed '1s/level="[a-z]*"/level="warning"/' >conf/rules/hyperv/stimer.xml
run "$vmtune" rules
check "the administrator's rule takes the place of the shipped one" \
    grep -Eq '^hyperv/stimer +warning' out
rm -r conf

# --- explain, rules, facts, host -------------------------------------------------------------

run "$vmtune" rules
expect 'rules exits 0' 0
expect_eq 'and has a line for each rule' "$(find "$VMTUNE_DATADIR/rules" -name '*.xml' | wc -l)" \
    "$(wc -l <out)"
cut -d' ' -f1 out >ids
check 'each of them can be explained' bash -c '
    while read -r id; do "$0" explain "$id" >explained || exit; grep -q "^Why" explained || exit
    done <ids' "$vmtune"
run "$vmtune" explain --domain "$sample" hyperv/stimer
expect 'explain --domain exits 0' 0
check 'and says how the rule decides there' grep -q '^Here: ' out
run "$vmtune" facts --list
expect 'facts --list exits 0' 0
check 'and knows guest.nt_version' grep -q '^guest.nt_version ' out
run "$vmtune" facts "$sample"
expect 'facts exits 0' 0
check 'and tells where a fact is from' grep -q '^guest.nt_version .*(osinfo id)' out
run "$vmtune" --version
check '--version tells the version' grep -Eq '^vmtune [0-9]+\.[0-9]+' out
run "$vmtune" --help
expect '--help exits 0' 0
for command in $(sed -n 's/^  \([a-z]*\) .*/\1/p' out); do
    run "$vmtune" "$command" --help
    expect "$command --help exits 0" 0
done

run "$vmtune" host
expect 'host exits 0' 0
mv out host.txt
run "$vmtune" host --save captured -c test:///default
expect_eq 'host --save into a new folder exits 0' 0 $status
run "$vmtune" host --host captured
check 'the captured host is what the host is' same out host.txt
sed "/<disk/,/<\/disk>/d" "$sample" >diskless.xml
run "$vmtune" facts --host / diskless.xml
grep '^host\.' out >facts-live
run "$vmtune" facts --host captured diskless.xml
grep '^host\.' out >facts-captured
check 'replayed, it gives the same facts' same facts-captured facts-live

# --- JSON ------------------------------------------------------------------------------------

cat >members.py <<'END2'
"""members.py WANTED FILE: the document in FILE has exactly the members that WANTED names."""
import json, sys

WANTED = {
    "check": {"domains": [{"name": str, "source": str, "findings": [
        {"rule": str, "level": str, "scope": str, "path": (str, type(None)), "message": str,
         "fix": str}], "not_considered": [{"rule": str, "unknown": [str]}]}],
        "host": {"findings": [{"rule": str, "level": str, "message": str, "domains": [str]}]}},
    "diff": {"domains": [{"name": str, "source": str, "changes": [
        {"rule": str, "path": str, "before": (str, type(None)), "after": (str, type(None)),
         "reason": str, "scope": str, "effect": str}], "conflicts": [
        {"path": str, "rules": [str], "values": [str]}],
        "not_considered": [{"rule": str, "unknown": [str]}]}]},
    "facts": {"domains": [{"name": str, "source": str, "facts": [
        {"fact": str, "known": bool, "value": object, "unit": str,
         "origin": (str, type(None))}]}]},
    "rules": {"rules": [{"rule": str, "level": str, "scope": str, "effect": str, "summary": str,
        "reason": str, "cost": (str, type(None)), "needs": [str], "sources": [str],
        "file": str}]},
}
MAY = {"instance"}  # of what was not considered, where a rule looks at several disks


def compare(wanted, found, where):
    if isinstance(wanted, dict):
        assert set(found) - MAY == set(wanted), (where, sorted(found), sorted(wanted))
        for key in wanted:
            compare(wanted[key], found[key], where + "/" + key)
    elif isinstance(wanted, list):
        assert isinstance(found, list), where
        for value in found:
            compare(wanted[0], value, where + "[]")
    else:
        assert isinstance(found, wanted), (where, found)


compare(WANTED[sys.argv[1]], json.load(open(sys.argv[2])), "")
END2
value() { python3 -c 'import json,sys; d = json.load(open("out")); print(eval(sys.argv[1]))' "$1"; }
for command in check diff facts; do
    run "$vmtune" $command --format json "$sample" ./tuned.xml
    expect_eq "$command --format json has the exit code of the text" \
        "$([ $command = facts ] && echo 0 || echo 1) " "$status $(cat err)"
    check "$command --format json has exactly its members" python3 members.py $command out
    expect_eq "$command --format json has each domain" "['$sample', './tuned.xml']" \
        "$(value '[x["source"] for x in d["domains"]]')"
done
run "$vmtune" diff --format json ./tuned.xml
expect 'diff --format json of a tuned domain exits 0' 0
expect_eq 'and has no changes' '[]' "$(value 'd["domains"][0]["changes"]')"
run "$vmtune" diff --format json "$sample"
expect_eq 'a change has its place, its values and its effect' \
    "('features/hyperv/synic/@state', None, 'on', 'guest', 'next-boot')" \
    "$(value '[tuple(c[k] for k in ("path", "before", "after", "scope", "effect"))
        for c in d["domains"][0]["changes"] if c["rule"] == "hyperv/synic"][0]')"

# --- check: exit codes and SARIF ---------------------------------------------------------

# fail_on LEVEL EXPECTED: check of the sample, whose worst finding is a recommendation
fail_on() {
    run "$vmtune" check --fail-on "$1" "$sample"
    expect_eq "check --fail-on $1 ends with $2" "$2" "$status"
}
fail_on never 0
fail_on error 0
fail_on recommend 1
fail_on advice 1
fail_on sometimes 2
check 'check says a finding on one line' \
    grep -Eq '^  recommend: hyperv/stimer \[apply mends it\]: .' <("$vmtune" check "$sample")
check 'check -v gives the whole reason' \
    test "$("$vmtune" check -v "$sample" | wc -l)" -gt "$("$vmtune" check "$sample" | wc -l)"
run "$vmtune" check --format sarif "$sample"
cp out sarif.json
cat >sarif.py <<'END2'
# What the standard requires of a log (SARIF 2.1.0, sections 3.13 to 3.52), and that findings stand
# where they belong.
import json
import sys
log = json.load(open(sys.argv[1], encoding="utf-8"))
assert log["version"] == "2.1.0" and "sarif-schema-2.1.0" in log["$schema"]
(run,) = log["runs"]
driver = run["tool"]["driver"]
assert driver["name"] == "vmtune"
ids = [rule["id"] for rule in driver["rules"]]
assert len(ids) == len(set(ids)) and all(rule["shortDescription"]["text"] for rule in driver["rules"])
lines = open(sys.argv[2], encoding="utf-8").read().split("\n")
assert run["results"]
for result in run["results"]:
    assert result["ruleId"] in ids and result["message"]["text"]
    assert result["level"] in ("error", "warning", "note")
    for location in result.get("locations", []):
        place = location["physicalLocation"]
        assert place["artifactLocation"]["uri"].endswith("win10.xml")
        region = place["region"]
        assert lines[region["startLine"] - 1][region["startColumn"] - 1] == "<"
END2
check 'check --format sarif is a SARIF log with lines and columns' \
    python3 sarif.py sarif.json "$sample"
run "$vmtune" diff --format sarif "$sample"
expect_eq 'no other command speaks SARIF' 2 "$status"

run "$vmtune" check --format json ./missing.xml
expect_eq 'JSON stays JSON where a domain cannot be read' "2 []" \
    "$status $(value 'd["domains"]')"
run "$vmtune" rules --format json
check 'rules --format json has exactly its members' python3 members.py rules out
run "$vmtune" explain --format json hyperv/synic
expect_eq 'explain --format json is one of them' hyperv/synic "$(value 'd["rule"]')"

# --- profiles --------------------------------------------------------------------------------

run "$vmtune" rules --profiles
expect 'rules --profiles lists them' 0
expect_eq 'those that come with vmtune' 'balanced dedicated lean migratable nested' \
    "$(cut -d' ' -f1 out | xargs)"
run "$vmtune" rules --profiles --format json
expect_eq 'in JSON too' 'balanced dedicated lean migratable nested' \
    "$(value '" ".join(p["profile"] for p in d["profiles"])')"
run "$vmtune" tune --profile lean "$sample"
expect 'under lean nothing is changed' 0
check 'not a byte' same out "$sample"
run "$vmtune" tune --profile nestd "$sample"
expect_eq 'a profile that is not there is trouble' 2 "$status"
check 'and those that there are are named' grep -q \
    "no profile 'nestd'; there are balanced, dedicated, lean, migratable, nested" err
mkdir -p conf/profiles
printf '[policy]\nprofile = quiet\n' >conf/vmtune.conf
cat >conf/profiles/quiet.xml <<'END2'
<profile name="quiet">
  <summary>Nothing but what is wrong</summary>
  <check-only rule="*"/>
</profile>
END2
run "$vmtune" tune "$sample"
expect "the administrator's own counts where the configuration names it" 0
check 'and changes nothing' same out "$sample"
run "$vmtune" tune --profile balanced "$sample"
check 'the command line goes before it' same out tuned.xml
sed 's,^  <metadata>,&<vmtune:wishes xmlns:vmtune="urn:vmtune:domain:1.0" profile="balanced"/>,' \
    "$sample" >wishes.xml
run "$vmtune" diff ./wishes.xml
expect "and so does the domain's own wish" 1
sed -i 's/check-only/chek-only/' conf/profiles/quiet.xml
run "$vmtune" check "$sample"
expect_eq 'a fault in a profile is trouble' 2 "$status"
check 'told where it is' grep -q 'conf/profiles/quiet.xml:3:3: <profile> has no element' err
rm -r conf/profiles conf/vmtune.conf

# --- libvirt's test driver -------------------------------------------------------------------

run "$vmtune" check -c test:///default test
expect 'check of a domain of libvirt that is no Windows guest exits 0' 0
run "$vmtune" -c test:///default check test
expect '-c may stand before the command, as virsh has it' 0
run "$vmtune" --connect=test:///default check test
expect 'and so may --connect=' 0
run env LIBVIRT_DEFAULT_URI=test:///default "$vmtune" check --all
expect 'LIBVIRT_DEFAULT_URI is respected, and --all works' 0
run "$vmtune" apply -c test:///default test
expect 'apply where there is nothing to change exits 0' 0
run "$vmtune" -c test:///default
expect 'without a command it shows the guests, and exits 0 where nothing is to be mended' 0
check 'each by its name' grep -q '^test  *? ' out
echo "<node><domain file='$tmp/diskless.xml'/></node>" >node.xml
run "$vmtune" diff --host captured -c "test://$tmp/node.xml" win10
expect 'diff finds a domain by its name' 1
check 'and shows what would change for that host' grep -q clock/ out
mv out by-name
run "$vmtune" diff --host captured -c "test://$tmp/node.xml" \
    7c0ea8a6-1b1d-4b5b-8c44-3c0d5a4c9d01
check 'and by its UUID' same out by-name
finish
