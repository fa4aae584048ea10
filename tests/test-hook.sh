#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The hook alone, as libvirt runs it but without libvirt: whatever it is fed, it says nothing on
# standard output, leaves nobody behind and lets the guest be; unless the policy is to enforce.
#
# VMTUNE_PREFIX names the folder that vmtune is installed in; see e2e/run.
# shellcheck disable=SC2016,SC2317  # for the shells in there; called by check
. "$(dirname "$0")/lib.sh"
prefix=${VMTUNE_PREFIX:?names the folder that vmtune is installed in}
hook=$prefix/sbin/vmtune-hook
sample=$(cd "$(dirname "$0")" && pwd)/e2e/win10.xml
rundir=$prefix/run/vmtune
requests=$rundir/requests
conf=$prefix/etc/vmtune
tmp=$(mktemp -d)
cp -r "$conf" "$tmp/conf"
trap 'rm -rf "$rundir" "$conf"; cp -r "$tmp/conf" "$conf"; rm -rf "$tmp"' EXIT
cd "$tmp" || exit
export LC_ALL=C
unset VMTUNE_CONFDIR VMTUNE_DATADIR
rm -rf "$rundir"

# run NAME OPERATION <XML: leaves $status, and the files out and err
run() {
    local name=$1 operation=$2
    timeout 20 "$hook" "$name" "$operation" begin - >out 2>err
    status=$?
}
# quiet SENTENCE LINES: the last run ended with 0, and said LINES lines on standard error only
quiet() { expect_eq "$1" "0 0 $2" "$status $(wc -c <out) $(wc -l <err)"; }
# policy WORD: in vmtune.conf
policy() { printf '[policy]\ndefault = %s\n' "$1" >"$conf/vmtune.conf"; }
request_count() { find "$requests" -name '*.request' 2>/dev/null | wc -l; }

# --- what it is made of ------------------------------------------------------------------

readelf -d "$hook" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' >needed
check 'it needs GLib and libxml2' test "$(grep -cE 'libglib|libxml2' needed)" = 2
check 'it needs neither libvirt nor GIO nor JSON nor threads of theirs' \
    bash -c '! grep -E "libvirt|libgio|libgobject|libjson" needed'

# --- every operation, every input ----------------------------------------------------------

# no pins, since the sample's are on CPUs that few hosts have
sed '/<cputune>/,/<\/cputune>/d' "$sample" >good.xml
: >empty.xml
echo 'no XML' >garbage.xml
head -c 20000000 /dev/zero | tr '\0' ' ' >20MB.xml
head -c 100000 /dev/urandom >binary.xml
echo "<network/>" >network.xml
operations='prepare start started stopped release migrate restore reconnect attach made-up'
# it waits for its input no longer than ten seconds; told at the end
mkfifo never
exec 9<>never
{ timeout 30 "$hook" slow prepare begin - <&9 >slow.out 2>slow.err; echo $? >slow.status; } &
slow=$!

for operation in $operations; do
    run win10 "$operation" <good.xml
    quiet "$operation of a domain" 0
    for input in empty garbage 20MB binary network; do
        run win10 "$operation" <$input.xml
        expect_eq "$operation of $input" '0 0' "$status $(wc -c <out)"
        [ "$(wc -l <err)" -le 1 ] || fail "$operation of $input says one line at most" "$(cat err)"
    done
    run win10 "$operation" <&-
    expect_eq "$operation with standard input closed" '0 0' "$status $(wc -c <out)"
    "$hook" win10 "$operation" begin - <good.xml >&- 2>err
    expect_eq "$operation with standard output closed" 0 $?
    "$hook" win10 "$operation" begin - <good.xml >out 2>&-
    expect_eq "$operation with standard error closed" '0 0' "$? $(wc -c <out)"
    "$hook" win10 "$operation" begin - <&- >&- 2>&-
    expect_eq "$operation with nothing open" 0 $?
done
for arguments in '' win10 'win10 prepare' 'win10 prepare begin' 'a b c d e f'; do
    # shellcheck disable=SC2086
    "$hook" $arguments <good.xml >out 2>err
    expect_eq "run with '$arguments'" '0 0' "$? $(wc -c <out)"
done
long=$(printf 'x%.0s' {1..255})
for name in ../../etc/passwd a/b $'two\nlines' "$long" -rf --help ' ' "it's \"quoted\" & <so>" ümläut \
    $'\xff'; do
    for operation in prepare started release; do
        run "$name" $operation <good.xml
        expect_eq "$operation of a domain named $(printf %.20q "$name")" '0 0' \
            "$status $(wc -c <out)"
    done
done
# U+009B is the start of a terminal's command, in a place that XML allows
sed "s,<uuid>.*</uuid>,<uuid>$(printf 'x\\nvmtune: forged\xc2\x9b2J')</uuid>," good.xml >forged.xml
for operation in prepare started release; do
    run $'two\nvmtune: forged\e[2J' $operation <forged.xml
    expect_eq "$operation: names and values neither begin a line nor steer the terminal" '1 0' \
        "$(wc -l <err) $(LC_ALL=C grep -cP '[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' err)"
done
check 'no name of a domain has become the name of a file' bash -c '
    ! find "$0" -type f -o -type l | grep -vE "/(requests/[-0-9a-f]*.request|ledger/[a-z]*)$"' \
    "$rundir"

# --- the request ---------------------------------------------------------------------------

rm -rf "$rundir"
run win10 prepare <good.xml
quiet 'prepare of a domain says nothing' 0
request=$requests/7c0ea8a6-1b1d-4b5b-8c44-3c0d5a4c9d01.request
check 'it leaves a request' grep -qx name=win10 "$request"
check 'for its owner alone' test "$(stat -c %a "$request" "$requests" "$rundir" | xargs)" = \
    '600 700 700'
run win10 prepare <good.xml
expect_eq 'a second start of the same domain leaves no second request' 1 "$(request_count)"
for word in observe apply; do
    rm -rf "$rundir"
    policy $word
    run win10 prepare <good.xml
    expect_eq "policy $word leaves a request" 1 "$(request_count)"
done
# nothing SENTENCE LINES: prepare of wish.xml leaves no request
nothing() {
    rm -rf "$rundir"
    run win10 prepare <"${3:-good.xml}"
    quiet "$1" "$2"
    expect_eq "$1: no request" 0 "$(request_count)"
}
# wishing TEXT: the domain with TEXT in its wishes
wishing() {
    sed "s|</metadata>|<v:wishes xmlns:v='urn:vmtune:domain:1.0' $1</v:wishes>&|" good.xml
}
policy off
nothing 'policy off' 0
wishing "policy='observe'>" >wish.xml
run win10 prepare <wish.xml
expect_eq "the domain's own policy goes before it" 1 "$(request_count)"
policy apply
wishing "policy='off'>" >wish.xml
nothing 'a domain that wishes to be left alone' 0 wish.xml
wishing "policy='never'>" >wish.xml
nothing 'a domain with a misspelt wish' 1 wish.xml
policy aply
nothing 'a misspelt policy' 1
check 'the line names file and line' grep -q "^vmtune: $conf/vmtune.conf:2: " err
rm "$conf/vmtune.conf"
mkdir "$conf/vmtune.conf"
nothing 'a configuration that cannot be read' 1
rmdir "$conf/vmtune.conf"
sed '/<uuid>/d' good.xml >no-uuid.xml
nothing 'a domain without UUID' 1 no-uuid.xml
sed 's,<uuid>.*</uuid>,<uuid>../../../x</uuid>,' good.xml >no-uuid.xml
nothing 'a domain with a path as its UUID' 1 no-uuid.xml

# --- where no request can be left ------------------------------------------------------------

rm -rf "$rundir"
: >"$rundir"
run win10 prepare <good.xml
quiet 'a file in the place of the run directory' 1
rm "$rundir"
mkdir "$tmp/elsewhere"
ln -s "$tmp/elsewhere" "$rundir"
run win10 prepare <good.xml
quiet 'a link in the place of the run directory' 1
expect_eq 'nothing is written through the link' '' "$(ls "$tmp/elsewhere")"
rm "$rundir"
mv "$prefix/run" "$prefix/run-away"
run win10 prepare <good.xml
quiet 'a run directory that cannot be made' 1
mv "$prefix/run-away" "$prefix/run"
mkdir -m 777 "$rundir"
run win10 prepare <good.xml
quiet 'a run directory that others can write' 1
rm -rf "$rundir"
run win10 prepare <good.xml
before=$(cat "$request")
(ulimit -f 0 && run first prepare <good.xml && exit "$status") 2>/dev/null
expect_eq 'a full disk' 0 $?
expect_eq 'the earlier request is as it was' "$before" "$(cat "$request")"
read_only() {
    unshare --mount --map-root-user bash -c 'mount --bind "$0" "$0" &&
        mount -o remount,bind,ro "$0" && exec "$@"' "$prefix/run" "$@"
}
if read_only true 2>/dev/null; then
    rm -rf "$rundir"
    read_only "$hook" win10 prepare begin - <good.xml >out 2>err
    status=$?
    quiet 'a read-only run directory' 1
fi

# --- many at once ------------------------------------------------------------------------------

rm -rf "$rundir"
for i in {0..9}; do
    sed "s,<uuid>.*</uuid>,<uuid>7c0ea8a6-1b1d-4b5b-8c44-00000000000$i</uuid>," good.xml >"many-$i.xml"
done
touch watching
while [ -e watching ]; do
    for file in "$requests"/*; do
        [ ! -e "$file" ] || grep -q '^operation=prepare$' "$file" || echo "$file" >>halves
    done
done &
watcher=$!
prepares=()
for i in {0..49}; do
    "$hook" "guest $((i % 10))" prepare begin - <"many-$((i % 10)).xml" >>many.out 2>>many.err &
    prepares+=($!)
done
wait "${prepares[@]}"
rm watching
wait $watcher
expect_eq '50 starts of 10 domains at once leave 10 requests' 10 "$(request_count)"
expect_eq 'and no other file' 10 "$(find "$rundir" -type f | wc -l)"
check 'no request is seen half-written' test ! -e halves
expect_eq 'and nothing is said' 0 "$(cat many.out many.err | wc -c)"

# --- what it leaves behind -----------------------------------------------------------------------

cat >leaves.py <<'END2'
"""leaves.py COMMAND... <XML: COMMAND ends without children, and its pipes end with it."""
import ctypes, os, subprocess, sys, time
ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER: orphans are this process's children
hook = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
hook.stdout.read(), hook.stderr.read()
start = time.monotonic()
hook.wait()
assert time.monotonic() - start < 1, "it ran on after its pipes had ended"
try:
    sys.exit(f"a child is left: {os.waitpid(-1, os.WNOHANG)}")
except ChildProcessError:
    pass
END2
for operation in $operations; do
    check "$operation leaves no process behind" bash -c 'exec "$@" <good.xml' - \
        python3 leaves.py "$hook" win10 "$operation" begin -
done

# --- enforce -------------------------------------------------------------------------------------

policy enforce
rm -rf "$rundir"
sed "s,<hyperv>,&<stimer state='on'/>," good.xml >unsound.xml
run win10 prepare <good.xml
quiet 'enforce allows a sound domain' 0
run win10 prepare <unsound.xml
expect_eq 'enforce refuses timers without the interrupts that they need' '1 0' \
    "$status $(wc -c <out)"
check 'it names the rule' grep -q '^vmtune: hyperv/stimer: ' err
check 'and the command that mends it' grep -q "'vmtune apply win10'" err
expect_eq 'and leaves a request all the same' 1 "$(request_count)"
for operation in started reconnect restore migrate; do
    run win10 $operation <unsound.xml
    expect_eq "enforce refuses no $operation" '0 0' "$status $(wc -c <out)"
done
sed "s|</metadata>|<v:wishes xmlns:v='urn:vmtune:domain:1.0'><v:skip rule='hyperv/*'/>\
</v:wishes>&|" unsound.xml >skip.xml
run win10 prepare <skip.xml
quiet 'a rule that the domain skips refuses nothing' 0
policy apply
run win10 prepare <unsound.xml
quiet 'policy apply refuses nothing' 0
policy enforce
VMTUNE_DATADIR=/nonexistent run win10 prepare <unsound.xml
quiet 'without rules nothing is refused' 1
mkdir -p "$conf/rules/own"
echo '<rule' >"$conf/rules/own/broken.xml"
run win10 prepare <unsound.xml
quiet 'with a broken rule nothing is refused' 1
rm -r "$conf/rules"
mkdir -m 777 "$conf/rules"
run win10 prepare <unsound.xml
quiet 'with rules that others can write nothing is refused' 1
check 'the line names the folder' grep -q "^vmtune: '$conf/rules' .*writable by group or others" err
rmdir "$conf/rules"
run win10 prepare <garbage.xml
quiet 'what is no domain is not refused' 1

wait $slow
expect_eq 'a domain that never comes is given up, and the guest is let be' '0 0' \
    "$(cat slow.status) $(wc -c <slow.out)"
finish
