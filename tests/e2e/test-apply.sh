#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# apply, undo and the worker on a real libvirtd, where something is in the way: another owner,
# another editor, a crash, a libvirtd that is down, a name that is hard to write.
#
# VMTUNE_PREFIX names the folder that vmtune is installed in.
# shellcheck disable=SC2011,SC2016,SC2119  # entries are numbers; for others to expand; programs
. "$(dirname "$0")/lib.sh"
run_inside "$@"
. "$e2e/vmtune.sh"

secure() { stored "$1" --security-info; }
# keep NAME: what is stored now, for unchanged
keep() { secure "$1" >"$tmp/kept.xml"; }
unchanged() { expect_eq "$2" "$(cat "$tmp/kept.xml")" "$(secure "$1")"; }
# said COMMAND...: leaves $status, and the files out and err
said() {
    "$@" >"$tmp/out" 2>"$tmp/err"
    status=$?
}
# refused NAME SENTENCE PATTERN COMMAND...: exit 2 with that message, and NAME is as it was
refused() {
    local name=$1 sentence=$2 pattern=$3
    shift 3
    keep "$name"
    said "$@"
    expect_eq "$sentence: refused" 2 "$status"
    check "$sentence: it is said why" grep -q -- "$pattern" "$tmp/err"
    unchanged "$name" "$sentence: the stored definition is as it was"
}
folder_of() { echo "$history/$(virsh domuuid --domain "$1" | head -1)"; }
entries() { (cd "$(folder_of "$1")" 2>/dev/null && ls -d -- [0-9]*) 2>/dev/null | xargs; }
# untune NAME: undo, and no trace of it, which would keep the worker from doing it again
untune() { vmtune undo "$1" 2>/dev/null && rm -r "$(folder_of "$1")"; }
windows() { define_kvm_windows_domain "$@" >/dev/null; }
# set_title NAME TEXT: what any other editor might do
set_title() { virsh desc "$1" --config --title --new-desc "$2" >/dev/null; }

# --- another owner -----------------------------------------------------------------------

# owned NAME XML: a Windows domain with XML among its metadata
owned() {
    windows_xml "$1" | sed "s|</metadata>|$2&|" >"$tmp/$1.xml"
    virsh define --validate "$tmp/$1.xml" >/dev/null
}
owned nova "<nova:instance xmlns:nova='http://openstack.org/xmlns/libvirt/nova/1.1'>\
<nova:name>x</nova:name></nova:instance>"
owned ovirt "<ovirt-vm:vm xmlns:ovirt-vm='http://ovirt.org/vm/1.0'/>"
for name in nova ovirt; do
    said vmtune check $name
    expect_eq "a domain of $name is reported" 1 "$status"
    refused $name "a domain of $name" "belongs to '[^']*$name" vmtune apply $name
    expect_eq "and no entry is left" '' "$(entries $name)"
    virsh start $name >/dev/null
    keep $name
    said worker
    expect_eq "the worker leaves $name, and exits 0" 0 "$status"
    unchanged $name "the stored definition of $name is as it was"
    virsh destroy $name >/dev/null
    virsh undefine $name >/dev/null
done

windows_xml transient >"$tmp/transient.xml"
virsh create "$tmp/transient.xml" >/dev/null
said vmtune apply transient
expect_eq 'a transient domain: refused' 2 "$status"
check 'a transient domain: it is said why' grep -q 'transient: it is transient' "$tmp/err"
said worker
expect_eq 'a transient domain: the worker exits 0' 0 "$status"
virsh destroy transient >/dev/null
expect_eq 'a domain that does not exist: refused' 2 "$(vmtune apply none 2>/dev/null; echo $?)"

# --- another editor ------------------------------------------------------------------------

windows win10
secure win10 >"$tmp/original.xml"
vmtune apply win10 >/dev/null 2>&1
set_title win10 'by somebody else'
refused win10 'undo after a foreign change' "changed since by somebody else; 'vmtune undo --force'" \
    vmtune undo win10
check 'undo --force goes back all the same' vmtune undo --force win10
expect_eq 'to the original' "$(cat "$tmp/original.xml")" "$(secure win10)"

# Another editor comes just after vmtune has looked, which is when it makes the undo copy's folder.
cat >"$tmp/editor.c" <<'END2'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
int mkdir(const char *path, mode_t mode)
{
    int (*real)(const char *, mode_t) = (int (*)(const char *, mode_t))dlsym(RTLD_NEXT, "mkdir");
    const char *command = getenv("EDITOR_COMMAND");
    if (command && strstr(path, "/history/")) {
        unsetenv("LD_PRELOAD");
        if (system(command) != 0)
            abort();
        unsetenv("EDITOR_COMMAND");
    }
    return real(path, mode);
}
END2
before=$(entries win10)
if ${CC:-cc} -shared -fPIC -o "$tmp/editor.so" "$tmp/editor.c" -ldl 2>"$tmp/err"; then
    said env LD_PRELOAD="$tmp/editor.so" \
        EDITOR_COMMAND="virsh desc win10 --config --title --new-desc meanwhile >/dev/null" \
        "$prefix/bin/vmtune" apply win10
    expect_eq 'changed between looking and defining: refused' 2 "$status"
    check 'changed between looking and defining: it is said why' \
        grep -q 'changed meanwhile, nothing was written' "$tmp/err"
    check 'the other change is stored' stored_has win10 '<title>meanwhile</title>'
    check 'and nothing of vmtune' bash -c '! virsh dumpxml --inactive win10 | grep -q "<stimer"'
    expect_eq 'no entry of it is left' "$before" "$(entries win10)"
else
    fail 'the other editor can be compiled' "$(cat "$tmp/err")"
fi
check 'again, it is tuned' vmtune apply win10
check 'and keeps the other change' stored_has win10 '<title>meanwhile</title>'
check 'which undo keeps, too' vmtune undo win10
check 'as it is in the definition from before' stored_has win10 '<title>meanwhile</title>'
virsh undefine win10 >/dev/null

# --- several entries, and interrupted ones -----------------------------------------------------

windows twice
secure twice >"$tmp/original.xml"
printf '[rules]\nskip = hyperv/*; clock/*\n' >"$prefix/etc/vmtune/vmtune.conf"
vmtune apply twice >/dev/null 2>&1
secure twice >"$tmp/first.xml"
rm "$prefix/etc/vmtune/vmtune.conf"
vmtune apply twice >/dev/null 2>&1
expect_eq 'two applies leave two entries' '1 2' "$(entries twice)"
check 'the entries are for their owner alone' bash -c \
    '! find "$0" \( -type d ! -perm 700 -o -type f ! -perm 600 \) | grep .' "$history"
vmtune undo twice 2>/dev/null
expect_eq 'the first undo leads to between the two' "$(cat "$tmp/first.xml")" "$(secure twice)"
vmtune undo twice 2>/dev/null
expect_eq 'the second to the original, byte by byte' "$(cat "$tmp/original.xml")" "$(secure twice)"
refused twice 'a third undo' 'changed nothing here that could be undone' vmtune undo twice

folder=$(folder_of twice)
rm -r "$folder"
vmtune apply twice >/dev/null 2>&1
rm "$folder/1/after.xml" # as if it had been killed between defining and that
refused twice 'undo of an interrupted apply' "interrupted.*$folder/1/before.xml.*undo --force" \
    vmtune undo twice
check 'with --force it goes back' vmtune undo --force twice
expect_eq 'to the original' "$(cat "$tmp/original.xml")" "$(secure twice)"
rm -r "$folder"
vmtune apply twice >/dev/null 2>&1
mkdir -m 700 "$folder/2" "$folder/3"
cp "$folder/1/entry" "$folder/2/entry"
cp "$folder/1/after.xml" "$folder/2/before.xml" # killed before defining
echo '<dom' >"$folder/3/before.xml.XYZ" # killed before all of it was on the disk
check 'entries that came to nothing do not keep undo from the last that did' vmtune undo twice
expect_eq 'which leads to the original' "$(cat "$tmp/original.xml")" "$(secure twice)"
rm -r "$folder"

windows full
mount -n -t tmpfs -o mode=700,size=4k vmtune-full "$history"
refused full 'no room for the undo copy' 'No space left' vmtune apply full
expect_eq 'no room for the undo copy: no part of it is left' '' "$(entries full)"
umount -n "$history"
check 'with room, it is tuned' vmtune apply full
check 'and can be taken back' vmtune undo full
virsh undefine full >/dev/null

# --- which domains --------------------------------------------------------------------------

define_tcg_domain tcg >/dev/null
windows linux http://debian.org/debian/12
windows unknown http://example.com/os/1
windows other
for name in tcg linux unknown; do secure $name >"$tmp/before-$name.xml"; done
said vmtune apply --all --yes
expect_eq 'apply --all exits 0' 0 "$status"
for name in tcg linux unknown; do
    expect_eq "apply --all leaves what is no Windows guest on KVM: $name" '' \
        "$(diff "$tmp/before-$name.xml" <(secure $name) | grep -E 'hyperv|timer')"
done
for name in twice other; do
    check "apply --all tunes $name" stored_has $name '<stimer state='
done
said vmtune apply --all --yes
expect_eq 'apply --all again has nothing to do' '0 ' "$status $(cat "$tmp/out" "$tmp/err")"
said vmtune apply nowhere other
expect_eq 'a name that is wrong decides the exit code' 2 "$status"

# --- the worker --------------------------------------------------------------------------------

vmtune undo twice 2>/dev/null
virsh start twice >/dev/null
said worker
check 'the worker does not do again what was taken back' \
    grep -q "twice: left as 'vmtune undo' has left it" "$tmp/err"
expect_eq 'and leaves no entry for it' '1 2' "$(entries twice)"
virsh destroy twice >/dev/null
rm -r "$(folder_of twice)"
untune other
virsh start twice >/dev/null
virsh start other >/dev/null
expect_eq 'two starts leave two requests' 2 "$(request_count)"
worker 2>"$tmp/worker-1" &
first=$!
worker 2>"$tmp/worker-2" &
second=$!
wait $first
expect_eq 'of two workers at once, the first exits 0' 0 $?
wait $second
expect_eq 'and so does the second' 0 $?
for name in twice other; do
    expect_eq "together they tune $name once" 1 \
        "$(cat "$tmp/worker-1" "$tmp/worker-2" | grep -c "$name: tuned by")"
    expect_eq "and leave one entry for $name" 1 "$(entries $name)"
    virsh destroy $name >/dev/null
    untune $name
done
expect_eq 'no request is left' 0 "$(request_count)"

windows gone
virsh start gone >/dev/null
virsh destroy gone >/dev/null
virsh undefine gone >/dev/null
said worker
expect_eq 'a request for a domain that is gone: the worker exits 0' 0 "$status"
check 'and says so' grep -q 'gone: gone before it could be tuned' "$tmp/err"
expect_eq 'and the request is done with' 0 "$(request_count)"

virsh start twice >/dev/null
stop_libvirtd() {
    local pid
    pid=$(cat /run/libvirtd.pid)
    kill "$pid"
    timeout 20 tail --pid="$pid" -s 0.05 -f /dev/null
    rm -f /run/libvirtd.pid
}
stop_libvirtd
said worker
expect_eq 'libvirtd is down: the worker exits 2' 2 "$status"
check 'libvirtd is down: it says so' grep -q 'cannot connect to libvirt' "$tmp/err"
expect_eq 'libvirtd is down: the request is kept' 1 "$(request_count)"
said vmtune apply twice
expect_eq 'libvirtd is down: apply exits 2' 2 "$status"
e2e-restart-libvirtd
check 'the guest has outlived it' test "$(virsh domstate twice | xargs)" = running
said worker
expect_eq 'libvirtd is up again: the worker exits 0' 0 "$status"
check 'libvirtd is up again: the domain is tuned' stored_has twice '<stimer state='
virsh destroy twice >/dev/null

# --- names -------------------------------------------------------------------------------------

long=$(printf 'n%.0s' {1..200})
for name in 'two words' "it's \"quoted\"" 'Gebäude-ß' '-c' '--all' '$(touch x)' "$long"; do
    shown=$(printf '%.20s' "$name")
    windows_xml plain | python3 -c '
import sys
from xml.sax.saxutils import escape
print(sys.stdin.read().replace(">plain<", ">" + escape(sys.argv[1]) + "<"))' "$name" \
        >"$tmp/named.xml"
    virsh define --validate "$tmp/named.xml" >/dev/null
    secure "$name" >"$tmp/original.xml"
    check "a domain named $shown starts" virsh start --domain "$name"
    said worker
    check "the worker tunes $shown" stored_has "$name" '<stimer state='
    check "and names it" grep -qF -- "$name: tuned by" "$tmp/err"
    virsh destroy --domain "$name" >/dev/null
    check "undo knows $shown" vmtune undo -- "$name"
    expect_eq "and brings the original of $shown back" "$(cat "$tmp/original.xml")" \
        "$(secure "$name")"
    check "apply knows $shown" vmtune apply -- "$name"
    virsh undefine --domain "$name" >/dev/null
done
finish
