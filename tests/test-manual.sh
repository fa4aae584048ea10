#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# test-manual.sh [PAGE...]: the manual says what the programs do, no less and no more.
#
#   VMTUNE        the command, as it was built
#   VMTUNE_APPLY  the worker; without it its options are not looked at
#   PAGE...       the pages as they are installed; without any those of data/man
#
# test-manual.sh --update: writes the list of facts in vmtune-rules(5) anew.
set -u
export LC_ALL=C
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
man=$top/data/man
vmtune=${VMTUNE:?names the command to test}
export VMTUNE_DATADIR=$top/data VMTUNE_CONFDIR=/dev/null
checks=0 failures=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# --- telling ---------------------------------------------------------------------------

pass() { echo "ok $((++checks)) - $1"; }
fail() { # SENTENCE WHY
    echo "not ok $((++checks)) - $1"
    printf '%s\n' "$2" | sed 's/^/# /'
    failures=$((failures + 1))
}
expect_same() { # SENTENCE WANTED FOUND: texts; what differs is shown
    if [ "$2" = "$3" ]; then
        pass "$1"
    else
        fail "$1" "$(diff <(printf '%s\n' "$2") <(printf '%s\n' "$3") |
            sed -n 's/^< /the program only: /p; s/^> /the manual only:  /p')"
    fi
}
expect_silent() { # SENTENCE COMMAND...
    local sentence=$1 output
    shift
    output=$("$@" 2>&1 >/dev/null)
    if [ -z "$output" ]; then pass "$sentence"; else fail "$sentence" "$output"; fi
}

# --- reading the manual ----------------------------------------------------------------

# section PAGE TITLE: from .Sh TITLE to the next .Sh
section() { awk -v title=".Sh $2" '/^\.Sh /{on = $0 == title} on' "$man/$1"; }

# between PAGE WORD: what stands between the comments "begin WORD" and "end WORD"
between() {
    awk -v word="$2" '$0 == ".\\\" end " word {on = 0} on; $0 == ".\\\" begin " word {on = 1}' \
        "$man/$1"
}

# literal: the text of a .Bd -literal
literal() { sed -e '/^\.Bd/d' -e '/^\.Ed/d' -e 's/\\e/\\/g' -e 's/^\\&//'; }

# flags: the options in mdoc lines, one a line: -c or --connect
flags() {
    awk '{
        for (i = 1; i < NF; i++)
            if ($i == "Fl" || $i == ".Fl")
                print "-" $(i + 1)
    }' | LC_ALL=C sort -u
}

# as_one_line: the manual has a reason on one line, vmtune breaks it; a size has a space in it that
# does not break
as_one_line() { sed 's/\xc2\xa0/ /g' | tr -s '# \n' ' ' | sed 's/ $//'; }

# items: the options of a list, as "-c --connect URI"
items() {
    sed -n 's/^\.It Fl //p' | sed -e 's/ , Fl / /' -e 's/ Ar / /' -e 's/^\(.\) -/-\1 --/' \
        -e 's/^-\([a-z][a-z]\)/--\1/' | sort
}

# --- asking the programs ---------------------------------------------------------------

commands() { "$vmtune" --help | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p' | sort; }

# options PROGRAM [COMMAND]: "-c --connect URI", one a line
options() {
    "$@" --help | sed -n -e 's/^  \(-., \)\{0,1\}\(--[a-z-]*\)\(=[A-Z]*\)\{0,1\} .*/\1\2\3/p' |
        sed -e 's/,//' -e 's/=/ /' | sort
}

# long_only SYNOPSIS-FLAGS OPTIONS: the short flags of the first replaced by the long ones
long_only() {
    local flag
    while read -r flag; do
        case $flag in
        --*) echo "$flag" ;;
        *) awk -v flag="$flag" '$1 == flag {print $2}' <<<"$2" ;;
        esac
    done <<<"$1" | sort -u
}

facts_for_page() {
    echo '.Bl -tag -width Ds -compact'
    "$vmtune" facts --list | awk '{
        unit = substr($0, 37, 6); gsub(/ /, "", unit)
        doc = substr($0, 44); gsub(/\\/, "\\e", doc); sub(/^[.\047]/, "\\\\\\&&", doc)
        print ".It Sy " $1 " Pq " $2 (unit == "" ? "" : ", " unit)
        print doc
    }'
    echo '.El'
}

if [ "${1:-}" = --update ]; then
    facts_for_page >"$tmp/facts"
    sed -i -e '/^\.\\" begin facts/,/^\.\\" end facts/{//!d}' \
        -e "/^\.\\\\\" begin facts/r $tmp/facts" "$man/vmtune-rules.5.in"
    exit
fi

# --- the command line ------------------------------------------------------------------

expect_same 'vmtune(1) has every command and no other' "$(commands)" \
    "$(section vmtune.1.in COMMANDS | sed -n 's/^\.Ss //p' | sort)"
every_option='-h --help
--version'
for command in $(commands); do
    found=$(options "$vmtune" "$command")
    every_option+=$'\n'$found
    synopsis=$(section vmtune.1.in COMMANDS |
        awk -v name=".Ss $command" '/^\.Ss /{on = $0 == name} /^\.Pp/{on = 0} on' | flags)
    expect_same "vmtune(1) has every option of $command and no other" \
        "$(grep -v -- --help <<<"$found" | grep -o -- '--[a-z-]*' | sort)" \
        "$(long_only "$synopsis" "$found")"
done
every_option=$(sort -u <<<"$every_option")
expect_same 'vmtune(1) describes every option and no other' "$every_option" \
    "$(section vmtune.1.in OPTIONS | items)"
expect_same 'no option is named anywhere in vmtune(1) that does not exist' '' \
    "$(flags <"$man/vmtune.1.in" | grep -vxF -e "$(grep -o -- '-[a-z-]*' <<<"$every_option")")"
if [ -n "${VMTUNE_APPLY:-}" ]; then
    expect_same 'vmtune-hook(8) describes every option of the worker and no other' \
        "$(options "$VMTUNE_APPLY")" "$(items <"$man/vmtune-hook.8.in")"
fi

expect_same 'vmtune-hook(8) has the id of every event in the log and no other' \
    "$(sed -n 's/^#define VT_LOG_.* "\([0-9a-f]*\)".*/\1/p' "$top/src/edges/log.h" | sort)" \
    "$(between vmtune-hook.8.in events | sed -n 's/^\.It Li //p' | sort)"
expect_same 'vmtune-hook(8) has every field of an entry and no other' \
    "$(grep -o '"VMTUNE_[A-Z]*"' "$top/src/edges/log.c" | tr -d '"' | sort -u)" \
    "$(section vmtune-hook.8.in LOG | sed -n 's/^\.It Li \(VMTUNE_[A-Z]*\)$/\1/p' | sort)"

# --- facts, keys and the example -------------------------------------------------------

expect_same 'vmtune-rules(5) lists the facts as vmtune does (test-manual.sh --update mends it)' \
    "$(facts_for_page)" "$(between vmtune-rules.5.in facts)"

# complaint LINE...: what vmtune says about a configuration of these lines
complaint() {
    printf '%s\n' "$@" >"$tmp/vmtune.conf"
    VMTUNE_CONFDIR=$tmp "$vmtune" check - 2>&1 <<<"<domain type='kvm'/>"
}
keys_of_program() {
    local group
    set -f # '[rules]' is a pattern too, and a file called 'e' would fit it
    for group in $(complaint '[no-such]' | sed 's/.*groups are//' | grep -o '\[[a-z]*\]'); do
        complaint "$group" 'no-such = 1' | sed 's/.*keys are//' | grep -o "'[a-z_]*'" |
            tr -d "'" | sed "s/^/$group /"
    done
    rm "$tmp/vmtune.conf"
}
expect_same 'vmtune.conf(5) has every key and no other' "$(keys_of_program | sort)" \
    "$(awk '/^\.Ss /{group = $2} /^\.It Ic /{print group, $3}' "$man/vmtune.conf.5.in" | sort)"

mkdir -p "$tmp/rules/site"
between vmtune-rules.5.in example | literal >"$tmp/rules/site/huge-pages.xml"
cat >"$tmp/win10.xml" <<'XML'
<domain type='kvm'>
  <name>win10</name>
  <metadata>
    <libosinfo:libosinfo xmlns:libosinfo='http://libosinfo.org/xmlns/libvirt/domain/1.0'>
      <libosinfo:os id='http://microsoft.com/win/10'/>
    </libosinfo:libosinfo>
  </metadata>
  <memory unit='GiB'>16</memory>
  <vcpu>4</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
</domain>
XML
said=$(VMTUNE_CONFDIR=$tmp "$vmtune" diff "$tmp/win10.xml" 2>&1)
expect_same 'the example of vmtune-rules(5) loads and does what the page shows' \
    "$(sed -n '/^# site/,/@unit/p' <<<"$said" | as_one_line)" \
    "$(between vmtune-rules.5.in output | literal | as_one_line)"
if command -v xmllint >/dev/null && [ -e "$top/data/rule.rng" ]; then
    expect_silent 'it fits the schema of rules' xmllint --nonet --noout --quiet \
        --relaxng "$top/data/rule.rng" "$tmp/rules/site/huge-pages.xml"
fi

# --- the form --------------------------------------------------------------------------

[ $# -gt 0 ] || set -- "$man"/*.in
for page; do
    name=$(basename "$page" .in)
    if command -v mandoc >/dev/null; then
        warnings=$(mandoc -T lint -W warning "$page" 2>&1)
        expect_same "mandoc has no word to say about $name" '' "$warnings"
    fi
    if man --version 2>/dev/null | grep -q '^man [0-9]'; then
        expect_silent "man-db shows $name without a warning" \
            env LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -E UTF-8 -l "$page"
    fi
done
expect_same 'nothing in the pages is left to be configured' '' \
    "$(for page; do case $page in *.in) ;; *) grep -Hn '@[a-z]*dir@\|@version@' "$page" ;; esac; done)"
echo "1..$checks"
[ "$failures" = 0 ]
