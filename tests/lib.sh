# shellcheck shell=bash
# Telling what a test finds, one sentence a check, as TAP; ends with `finish`.
checks=0
failures=0

# say TEXT: for the reader only; TEXT may have several lines.
say() { printf '%s\n' "$*" | sed 's/^/# /'; }

# pass SENTENCE, fail SENTENCE [WHY]: the result of a check.
pass() { printf 'ok %d - %s\n' $((++checks)) "$1"; }
fail() {
    printf 'not ok %d - %s\n' $((++checks)) "$1"
    failures=$((failures + 1))
    [ -z "${2:-}" ] || say "$2"
}

# check SENTENCE COMMAND...: passes if COMMAND succeeds.
check() {
    local sentence=$1 output
    shift
    if output=$("$@" 2>&1); then
        pass "$sentence"
    else
        fail "$sentence" "failed: $*"$'\n'"$output"
    fi
}

# expect_eq SENTENCE WANTED FOUND
expect_eq() {
    if [ "$2" = "$3" ]; then
        pass "$1"
    else
        fail "$1" "wanted: $2"$'\n'"found:  $3"
    fi
}

# finish: the plan, and the end of the script.
finish() {
    echo "1..$checks"
    [ "$failures" = 0 ]
    exit
}
