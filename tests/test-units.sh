#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# test-units.sh PATH SERVICE TMPFILES WATCH: systemd reads the configured units without a word, rates
# the services as shut in, and makes the folders as the hook and the worker want them.
set -u
path=$1 service=$2 tmpfiles=$3 watch=$4
checks=0 failures=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

check() { # SENTENCE COMMAND...: passes if COMMAND succeeds and says nothing
    local sentence=$1 output
    shift
    if output=$("$@" 2>&1) && [ -z "$output" ]; then
        echo "ok $((++checks)) - $sentence"
    else
        echo "not ok $((++checks)) - $sentence"
        printf '%s\n' "$output" | sed 's/^/# /'
        failures=$((failures + 1))
    fi
}
exposure() { # UNIT: the number that systemd-analyze security ends with
    systemd-analyze security --no-pager --offline=true "$tmp/$1" |
        sed -n 's/.*exposure level.*: \([0-9.]*\) .*/\1/p'
}
is_low() { awk -v found="$1" 'BEGIN { exit !(found != "" && found <= 3.0) }'; }

if ! command -v systemd-analyze >/dev/null; then
    echo '1..0 # SKIP no systemd-analyze here'
    exit 0
fi

# verify wants to find the program, which is not installed yet
cp "$path" "$tmp/vmtune-apply.path"
sed 's,^\(ExecStart=\)[^ ]*,\1/bin/true,' "$service" >"$tmp/vmtune-apply.service"
sed 's,^\(ExecStart=\)[^ ]*,\1/bin/true,' "$watch" >"$tmp/vmtune-watch.service"
check 'systemd reads the units without a warning' systemd-analyze verify --man=no \
    "$tmp/vmtune-apply.path" "$tmp/vmtune-apply.service" "$tmp/vmtune-watch.service"
if systemd-analyze security --help | grep -q -- --offline; then
    for unit in vmtune-apply.service vmtune-watch.service; do
        rating=$(exposure $unit)
        check "systemd rates the exposure of $unit $rating, at most 3.0" is_low "$rating"
    done
fi
sandbox() { sed -n '/^CapabilityBoundingSet=/,/^\[/{/^[A-Z]/p}' "$1"; }
check 'the two services are shut in alike' test "$(sandbox "$service")" = "$(sandbox "$watch")"
if [ "$(id -u)" = 0 ] && command -v systemd-tmpfiles >/dev/null; then
    check 'systemd-tmpfiles makes the folders' \
        systemd-tmpfiles --create --root="$tmp/root" "$tmpfiles"
    while read -r _ folder _; do
        check "$folder is closed to all but its owner" \
            test "$(stat -c %a "$tmp/root$folder")" = 700
    done < <(grep '^d ' "$tmpfiles")
    check "the spool's folders are those that the path unit watches" test \
        "$(sed -n 's/^DirectoryNotEmpty=//p' "$path" | sort)" = \
        "$(sed -n 's,^d \([^ ]*/\(requests\|claimed\)\) .*,\1,p' "$tmpfiles" | sort)"
fi
echo "1..$checks"
[ "$failures" = 0 ]
