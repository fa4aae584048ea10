#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# apply --all on a real libvirtd: it asks first, passes over what is not its own, and is interrupted.
#
# VMTUNE_PREFIX names the folder that vmtune is installed in.
# shellcheck disable=SC2016,SC2317  # for others to expand; called by check
. "$(dirname "$0")/lib.sh"
run_inside "$@"
. "$e2e/vmtune.sh"
terminal() { "$e2e/../terminal.py" "$@" >"$tmp/shown"; }
vmtune=$prefix/bin/vmtune
export TERM=xterm
unset NO_COLOR
said() {
    "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
    status=$?
}
is_tuned() { stored_has "$1" '<stimer state='; }
count_tuned() { local name n=0; for name; do ! is_tuned "$name" || n=$((n + 1)); done; echo $n; }
windows() { define_kvm_windows_domain "$1" >/dev/null; }

windows one
windows 'the other'
windows_xml nova | sed "s|</metadata>|<nova:instance \
xmlns:nova='http://openstack.org/xmlns/libvirt/nova/1.1'><nova:name>x</nova:name></nova:instance>&|" \
    >"$tmp/nova.xml"
virsh define --validate "$tmp/nova.xml" >/dev/null
windows_xml transient >"$tmp/transient.xml"
virsh create "$tmp/transient.xml" >/dev/null
stored nova >"$tmp/nova-before.xml"

# --- it asks -------------------------------------------------------------------------------

said vmtune apply --all
expect_eq 'where nobody can be asked it is refused' 2 "$status"
check 'and the way out is named' grep -q 'no terminal; --yes applies' "$tmp/err"
expect_eq 'nothing is stored' 0 "$(count_tuned one 'the other' nova)"
for answer in $'n\n' $'\n' $'\x04' $'what\n'; do
    terminal --type "$answer" "$vmtune" apply --all
    expect_eq "the answer ${answer@Q} exits 1" 1 $?
    check 'it says that nothing was stored' grep -q 'nothing was stored' "$tmp/shown"
    expect_eq 'nothing is' 0 "$(count_tuned one 'the other' nova)"
done
check 'the sum has the changes and when they take effect' grep -Eq \
    '^[1-9][0-9]* changes to .* of 2 guests: 0 take effect at once, [1-9][0-9]* at the next' "$tmp/shown"
check 'and the guests' grep -q '^guests: one, the other' "$tmp/shown"
terminal --type $'\x03' "$vmtune" apply --all
expect_eq 'Ctrl-C at the question ends it' 130 $?
expect_eq 'nothing is stored then' 0 "$(count_tuned one 'the other' nova)"
terminal --type $'y\n' --stdout "$tmp/out" "$vmtune" apply --all
expect_eq 'with yes it exits 0, whoever else owns domains' 0 $?
expect_eq 'and has tuned what it named' 2 "$(count_tuned one 'the other')"
check 'what another layer owns is reported' grep -q "nova: left alone, .* 'openstack-nova'\|nova: left alone" \
    "$tmp/shown"
expect_eq 'and left as it was' "$(cat "$tmp/nova-before.xml")" "$(stored nova)"
check 'a name that the shell would cut is in quotes where it is to be copied' \
    grep -q "'vmtune undo 'the other''" "$tmp/shown"
check 'a line says how far it is' grep -qP '\r 1/4 nova\x1b\[K' "$tmp/shown"
check 'and is gone at the end' python3 - "$tmp/shown" <<'END2'
import re, sys
shown = open(sys.argv[1], newline="").read()
# what a terminal would hold: each line from the last carriage return or erasing on
left = [re.split(r"\r\x1b\[K|\r", line.rstrip("\r"))[-1] for line in shown.split("\n")]
assert not [line for line in left if re.match(r" \d+/\d+ ", line)], left
END2
check 'what is changed is on standard output, without it' bash -c \
    'grep -q "^# the other" "$0" && ! grep -q "$(printf "\\033")" "$0"' "$tmp/out"

vmtune undo one 2>/dev/null
said vmtune apply --all --yes
expect_eq '--yes is not asked' '0 1' "$status $(count_tuned one)"
check 'and shows the sum too' grep -q ' of 1 guests:' "$tmp/err"
check 'no line of progress is in a pipe' bash -c '! grep -q "$(printf "[\\r\\033]")" "$0"' "$tmp/err"
said vmtune apply --all --yes
expect_eq 'with nothing to do it stores and asks nothing' '0 0' "$status $(grep -c guests: "$tmp/err")"
for quiet in NO_COLOR=1 TERM=dumb; do
    terminal env "$quiet" "$vmtune" check --all
    check "$quiet: no line of progress" bash -c '! grep -q "$(printf "\\033")" "$0"' "$tmp/shown"
done

# --- it is interrupted -----------------------------------------------------------------------

names=(one 'the other')
for number in {1..12}; do
    windows "guest$number"
    names+=("guest$number")
done
vmtune undo one 2>/dev/null
vmtune undo 'the other' 2>/dev/null
for signal in INT TERM; do
    mkfifo "$tmp/fifo"
    # a shell's background command ignores Ctrl-C unless told
    env --default-signal=INT "$vmtune" apply --all --yes >"$tmp/fifo" 2>"$tmp/err" &
    pid=$!
    { read -r _ && kill -$signal $pid && cat; } <"$tmp/fifo" >"$tmp/out"
    wait $pid
    expect_eq "SIG$signal ends it" "$signal" "$(kill -l $?)"
    done=$(count_tuned "${names[@]}")
    say "$done of ${#names[@]} domains were tuned"
    check 'when some are done and others are not' test "$done" -gt 0 -a "$done" -lt ${#names[@]}
    check 'which it says' grep -q 'told to end: [0-9]* of [0-9]* domains are done' "$tmp/err"
    expect_eq 'each that is tuned was told of' "$done" \
        "$(($(grep -c '^# \(one\|the other\|guest[0-9]*\)$' "$tmp/out") + 1 + ${already:-0}))"
    check 'none is half done' bash -c \
        '! for entry in "$0"/*/*/; do [ -e "$entry/after.xml" ] || echo "$entry"; done | grep .' \
        "$history"
    already=$done
    rm "$tmp/fifo"
done
vmtune apply --all --yes >/dev/null 2>&1
expect_eq 'the next one does the rest' ${#names[@]} "$(count_tuned "${names[@]}")"
finish
