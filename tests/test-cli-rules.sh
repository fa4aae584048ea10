#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# test-cli-rules.sh VMTUNE: lists of rules, what explains one, and rules of the administrator's own.
#
# VMTUNE_DATADIR names the rules; no libvirtd is needed.
# shellcheck disable=SC2317  # called by check
: "${VMTUNE_DATADIR:?names the rules}"
. "$(dirname "$0")/lib.sh"
vmtune=$(realpath "$1")
tests=$(cd "$(dirname "$0")" && pwd)
data=$VMTUNE_DATADIR
sample=$tests/e2e/win10.xml
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit
export LC_ALL=C HOME=$tmp/home VMTUNE_CONFDIR=$tmp/conf VMTUNE_RUNDIR=$tmp/run

# --- the list ----------------------------------------------------------------------------

all=$("$vmtune" rules | wc -l)
errors=$("$vmtune" rules --level error | awk '$2 != "error"' | wc -l)
expect_eq 'rules --level lists that level alone' 0 "$errors"
expect_eq 'the levels together are all rules' "$all" "$(for level in error warning recommend advice
    do "$vmtune" rules --level $level; done | wc -l)"
expect_eq 'rules GLOB lists what fits' "$(ls "$data/rules/hyperv" | wc -l)" \
    "$("$vmtune" rules 'hyperv/*' | wc -l)"
expect_eq 'filters narrow each other' 0 \
    "$("$vmtune" rules --scope host 'hyperv/*' --level error --effect now | wc -l)"
"$vmtune" rules 'hiperv/*' >out 2>err
expect_eq 'a list without a rule is empty' '' "$(cat out)"
check 'and a word says so' grep -q 'no rule in force is of that name' err
"$vmtune" rules --level loud >out 2>err
expect_eq 'a level that is none is refused' '2 1' "$? $(grep -c "'loud'" err)"

# --- the chapter of the manual -----------------------------------------------------------

"$vmtune" rules --format man >rules.7
expect_eq 'the chapter has every rule once' "$("$vmtune" rules | awk '{ print $1 }')" \
    "$(sed -n 's/^\.Ss //p' rules.7)"
expect_eq 'and how to say no to each' "$all" "$(grep -c '^\.Ql skip = ' rules.7)"
if command -v mandoc >/dev/null; then
    expect_eq 'mandoc has no word to say about it' '' "$(mandoc -T lint -W warning rules.7 2>&1)"
fi

# --- causes ------------------------------------------------------------------------------

"$vmtune" causes >out
expect_eq 'causes lists every cause' "$(find "$data/causes" -name '*.xml' | wc -l)" "$(wc -l <out)"
expect_eq 'causes GLOB lists what fits' "$(ls "$data/causes/time" | wc -l)" \
    "$("$vmtune" causes 'time/*' | wc -l)"
"$vmtune" causes 'tine/*' >out 2>err
check 'a list without a cause says so' grep -q 'no cause in force is of that name' err
"$vmtune" causes --format man >causes.7
expect_eq 'the chapter has every cause once' "$("$vmtune" causes | awk '{ print $1 }')" \
    "$(sed -n 's/^\.Ss //p' causes.7)"
if command -v mandoc >/dev/null; then
    expect_eq 'mandoc has no word to say about it' '' "$(mandoc -T lint -W warning causes.7 2>&1)"
fi
"$vmtune" causes --format json >out.json
check 'causes --format json has all of them, with what shows and what ends them' python3 - <<'END'
import json
causes = {c["cause"]: c for c in json.load(open("out.json", encoding="utf-8"))["causes"]}
timer = causes["time/pm-timer"]
assert "port 0x608-0x60b" in timer["signs"], timer["signs"]
assert timer["cures"] == ["clock/hypervclock"], timer["cures"]
assert all(c["sources"] and c["summary"] for c in causes.values())
END
"$vmtune" explain time/pm-timer >out
check 'explain tells of a cause what shows it' grep -q '  port 0x608-0x60b$' out
check 'and the rule that ends it' grep -q '^  clock/hypervclock$' out
"$vmtune" explain time/no-such >out 2>err
expect_eq 'what is neither rule nor cause is refused' '2 1' "$? $(grep -c "'time/no-such'" err)"
"$vmtune" explain time/pm-timer --domain "$sample" >out 2>err
expect_eq 'a cause decides nothing about a domain' '2 1' "$? $(grep -c 'vmtune diagnose' err)"
mkdir -p conf/causes/time conf/causes/site
: >conf/causes/time/pm-timer.xml
sed 's,example-cause",site/ours",' "$data/example-cause.xml" >conf/causes/site/ours.xml
expect_eq 'an empty file of the administrator masks a cause, a new one adds one' 'site/ours' \
    "$("$vmtune" causes 'time/pm-timer' 'site/*' | awk '{ print $1 }')"
sed -i 's/<device>/<devise>/' conf/causes/site/ours.xml
"$vmtune" causes >out 2>err
check 'a fault in one is told where it is' grep -q 'conf/causes/site/ours.xml:[0-9]*:[0-9]*: ' err
rm -r conf/causes

# --- explain -----------------------------------------------------------------------------

"$vmtune" explain hyperv/stimer --domain "$sample" >out
check 'explain --domain tells each condition, what it saw and where from' \
    grep -Fq "yes: domain.type is 'kvm': kvm (domain XML)" out
check 'it tells what is not there' grep -q 'no: .*/@state is .on.: nothing is there' out
check 'and what the rule would change' grep -Fq '  features/hyperv/stimer/@state: on' out
"$vmtune" explain disk/metadata-cache --domain "$sample" >out
check 'a fact that is missing is unknown, with the reason' grep -q 'unknown: disk\..*(.*)$' out

"$vmtune" explain hyperv/stimer --domain "$sample" --format json >out.json
"$vmtune" diff "$sample" --format json >diff.json
check 'explain --format json tells what each condition saw, where from, and the changes of diff' \
    python3 - <<'END'
import json
rule = json.load(open("out.json", encoding="utf-8"))
(decision,) = rule["decisions"]
def below(conditions):
    for condition in conditions:
        yield condition
        yield from below(condition.get("conditions", []))
seen = {c["name"]: c for c in below(decision["conditions"]) if c["kind"] == "fact"}
domain_type = seen["domain.type"]
assert domain_type["answer"] == "yes" and domain_type["compare"] == "is", domain_type
assert domain_type["operand"] == "kvm" and domain_type["sees"]["value"] == "kvm", domain_type
assert domain_type["sees"]["origin"] == "domain XML" and domain_type["sees"]["unit"] == ""
assert rule["rule"] == "hyperv/stimer" and decision["outcome"] == "change", decision["outcome"]
(domain,) = json.load(open("diff.json", encoding="utf-8"))["domains"]
assert decision["changes"] == [c for c in domain["changes"] if c["rule"] == rule["rule"]]
END
"$vmtune" explain disk/metadata-cache --domain "$sample" --format json >out.json
check 'and which facts are missing, with the reason' python3 - <<'END'
import json
decision = json.load(open("out.json", encoding="utf-8"))["decisions"][0]
assert decision["instance"] and decision["outcome"] == "unknown" and decision["unknown"]
facts = {c["sees"]["fact"]: c for c in decision["conditions"] if c["kind"] == "fact"}
missing = facts[decision["unknown"][0]]
assert missing["answer"] == "unknown" and not missing["sees"]["known"] and missing["sees"]["origin"]
END

# --- verify ------------------------------------------------------------------------------

mkdir -p own/site
sed -n '/^\.\\" begin example/,/^\.\\" end example/p' "$tests/../data/man/vmtune-rules.5.in" |
    grep -v '^\.' | sed 's/\\e/\\/g' >own/site/example.xml
id=$(sed -n 's/.*<rule id="\([^"]*\)".*/\1/p' own/site/example.xml)
mkdir -p "own/$(dirname "$id")"
mv own/site/example.xml "own/$id.xml"
"$vmtune" rules --verify own >out 2>err
expect_eq 'the example of the manual is sound' '0 ' "$? $(cat out err)"

rm -r own
mkdir -p own/site
printf '<rule id="site/one" level="loud" scope="guest" effect="now">\n\t<summry>x</summry>\n%s\n</rule>\n' \
    '  <when><fact name="domain.typ" is="kvm"/></when>' >own/site/one.xml
printf '<rule' >own/site/two.xml
"$vmtune" rules --verify own >out 2>err
expect_eq 'faults end verify with 1' 1 $?
expect_eq 'all faults of all files are named' 4 "$(grep -c '^vmtune: own/site/...\.xml:[0-9]*:[0-9]*: ' err)"
expect_eq 'each with its line, and a caret below the column' $'    \t<summry>x</summry>\n    \t^' \
    "$(grep -A1 '<summry>x' err | tail -n 2)"
expect_eq 'in the midst of a line too' '            ^' "$(grep -A1 '<when><fact' err | tail -n 1)"
rm own/site/*.xml
printf '<rule id="site/one" level="error" scope="guest" effect="now">\n%s\n</rule>\n' \
    '  <when><xpath test="starts-width(name)"/></when>' >own/site/one.xml
"$vmtune" rules --verify own >out 2>err
expect_eq 'what XPath does not know is told in words of our own alone' 'vmtune:' "$(sed 's/ .*//;q' err)"
"$vmtune" rules --verify nowhere >out 2>err
expect_eq 'a folder that is not there is trouble' 2 $?

# --- the database in parts ---------------------------------------------------------------

domains=$(find "$tests/cases" -name domain.xml | sort | awk 'NR % 40 == 1')
# judged: what is found in some domains, by rules wherever they lie
judged() {
    # shellcheck disable=SC2086  # a list of words
    "$vmtune" check --format json --host "$tests/hosts/no-stimer" $domains
}
judged >whole.json 2>/dev/null
check 'something is found' grep -q '"rule"' whole.json
mkdir shipped
cp -r "$data/baseline" "$data/profiles" shipped/
# split SENTENCE PROGRAM: files that the awk PROGRAM says yes to go to the administrator's folder
split() {
    local path part
    rm -rf shipped/rules conf/rules
    mkdir -p shipped/rules conf/rules
    (cd "$data/rules" && find . -name '*.xml' | sort) | awk "{ print ($2) ? \"conf\" : \"shipped\", \$0 }" |
        while read -r part path; do
            mkdir -p "$part/rules/${path%/*}"
            cp "$data/rules/$path" "$part/rules/$path"
        done
    VMTUNE_DATADIR=$tmp/shipped judged >parts.json 2>/dev/null
    check "$1: the same is found" cmp -s whole.json parts.json
}
split 'every second rule with the administrator' 'NR % 2'
split 'all rules with the administrator' '1'
split 'one topic with the administrator' '/hyperv/'
split 'every third rule with vmtune' 'NR % 3'
cp -r "$data/rules" shipped/
VMTUNE_DATADIR=$tmp/shipped judged >parts.json 2>/dev/null
check 'rules that stand in both folders count once' cmp -s whole.json parts.json
rm -r conf/rules

mkdir -p conf/rules/hyperv
sed 's/level="recommend"/level="warning"/' "$data/rules/hyperv/stimer.xml" >conf/rules/hyperv/stimer.xml
check 'a file of the same name replaces the rule' \
    grep -q 'warning: hyperv/stimer' <("$vmtune" check "$sample")
: >conf/rules/hyperv/stimer.xml
check 'an empty one masks it' bash -c '! "$0" check "$1" | grep -q hyperv/stimer' "$vmtune" "$sample"
"$vmtune" rules >out 2>&1
expect_eq 'and it is listed no more' $((all - 1)) "$(wc -l <out)"

finish
