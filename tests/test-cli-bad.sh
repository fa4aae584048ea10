#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# test-cli-bad.sh VMTUNE: what vmtune cannot use is refused with a message that names the place,
# exit code 2 and nothing on standard output, and nothing is written.
#
# VMTUNE_DATADIR names the rules; no libvirtd is needed.
# shellcheck disable=SC2016  # for the shells in there
: "${VMTUNE_DATADIR:?names the rules}"
. "$(dirname "$0")/lib.sh"
vmtune=$(realpath "$1")
sample=$(cd "$(dirname "$0")" && pwd)/e2e/win10.xml
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
chmod 755 "$tmp"
mkdir "$tmp/tree"
cd "$tmp/tree" || exit
export tmp LC_ALL=C HOME=$tmp/home XDG_STATE_HOME=$tmp/home VMTUNE_CONFDIR=$tmp/conf

# refused SENTENCE PATTERN COMMAND...: exit 2, no output, and a message that matches.
refused() {
    local sentence=$1 pattern=$2 status
    shift 2
    timeout 30 "$@" >"$tmp/out" 2>"$tmp/err"
    status=$?
    if [ "$status" = 2 ] && [ ! -s "$tmp/out" ] && grep -Eq -- "$pattern" "$tmp/err"; then
        pass "$sentence"
    else
        fail "$sentence" "exit $status; printed $(wc -c <"$tmp/out") bytes; said: $(
            head -c 1000 "$tmp/err")"
    fi
}
# troubled SENTENCE PATTERN COMMAND...: exit code 2 and complaints as of what is refused, but what
# could be judged is printed all the same.
troubled() {
    local sentence=$1 pattern=$2 status
    shift 2
    timeout 30 "$@" >"$tmp/out" 2>"$tmp/err"
    status=$?
    if [ "$status" = 2 ] && grep -q 'hyperv/stimer' "$tmp/out" && grep -Eq -- "$pattern" "$tmp/err"
    then
        pass "$sentence"
    else
        fail "$sentence" "exit $status; said: $(head -c 1000 "$tmp/err")"
    fi
}
# each_command SENTENCE PATTERN FILE: every command that reads a domain refuses FILE.
each_command() {
    local command
    for command in diff check tune facts; do
        refused "$command: $1" "$2" "$vmtune" $command "$3"
    done
}
# with_image PATH: the sample, its disk at PATH
with_image() { sed "s,/var/lib/libvirt/images/win10.qcow2,$1," "$sample" >"$tmp/with-image.xml"; }
written() { find "$tmp/tree" -printf '%p %s %T@\n' | sort; }

# --- what is no domain -----------------------------------------------------------------

: >empty.xml
head -c 300 "$sample" >truncated.xml
echo 'no XML at all' >text.xml
truncate -s 100M zeros.xml
{ printf '<domain>%*s' 104857600 '' && echo '</domain>'; } >spaces.xml
python3 -c 'n = 100000; print("<domain>" + "<a>" * n + "</a>" * n + "</domain>")' >deep.xml
{
    echo '<!DOCTYPE domain [<!ENTITY a0 "ha">'
    for i in {1..30}; do echo "<!ENTITY a$i '&a$((i - 1));&a$((i - 1));'>"; done
    echo ']><domain type="kvm"><name>&a30;</name></domain>'
} >bomb.xml
echo 'the secret of the house' >secret
mkfifo fifo
for entity in secret fifo; do
    echo "<!DOCTYPE domain [<!ENTITY e SYSTEM '$entity'>]>
        <domain type='kvm'><name>&e;</name></domain>" >"entity-$entity.xml"
done
echo "<!DOCTYPE domain SYSTEM 'fifo'><domain type='kvm'><name>a</name></domain>" >dtd.xml
echo "<network><name>default</name></network>" >network.xml
{ echo '<domainsnapshot>' && cat "$sample" && echo '</domainsnapshot>'; } >snapshot.xml
cat "$sample" "$sample" >two.xml
printf "<domain type='kvm'>\0</domain>" >nul.xml
python3 -c 'import sys; sys.stdout.buffer.write(open(sys.argv[1]).read().encode("utf-16"))' \
    "$sample" >utf16.xml
printf "<domain type='kvm'><name>\xfc</name></domain>" >latin1.xml
mkdir folder.xml
before=$(written)

each_command 'an empty file' 'empty\.xml:1:1: .*empty' ./empty.xml
each_command 'a file that breaks off' 'truncated\.xml:9:[0-9]+: not well-formed' ./truncated.xml
each_command 'a file that is no XML' 'text\.xml:1:1: not well-formed' ./text.xml
each_command '100 MB of NUL bytes' 'zeros\.xml: too large' ./zeros.xml
each_command '100 MB of XML' 'spaces\.xml: too large' ./spaces.xml
each_command 'elements nested 100000 deep' 'deep\.xml:1:[0-9]+: .*depth' ./deep.xml
each_command 'entities that grow a billionfold' 'bomb\.xml:1:[0-9]+: .*DOCTYPE' ./bomb.xml
each_command 'an entity from another file' 'entity-secret\.xml:1:[0-9]+: .*DOCTYPE' \
    ./entity-secret.xml
check 'nothing of that other file is told' bash -c "! grep -q 'of the house' '$tmp/err'"
each_command 'an entity from a FIFO, without waiting' 'entity-fifo\.xml:1:.*DOCTYPE' \
    ./entity-fifo.xml
each_command 'a DTD from a FIFO, without waiting' 'dtd\.xml:1:.*DOCTYPE' ./dtd.xml
each_command 'a network' 'network\.xml:1:1: a <domain> is expected, not <network>' ./network.xml
each_command 'a snapshot' 'snapshot\.xml:1:1: .*not <domainsnapshot>' ./snapshot.xml
each_command 'two domains in a file' 'two\.xml:49:1: not well-formed' ./two.xml
each_command 'a NUL byte' 'nul\.xml:1:20: .*NUL' ./nul.xml
each_command 'UTF-16' 'utf16\.xml:1:1: not UTF-8' ./utf16.xml
each_command 'Latin-1' 'latin1\.xml:1:26: not UTF-8' ./latin1.xml
each_command 'a file that is not there' "cannot open './missing.xml': No such file" ./missing.xml
each_command 'a folder' "cannot read './folder.xml': Is a directory" ./folder.xml
refused 'tune --output leaves no file of what it refused' 'truncated\.xml:9' \
    "$vmtune" tune --output tuned.xml ./truncated.xml

# peak COMMAND...: its peak of memory in MiB, standard input as given
cat >"$tmp/peak" <<'END2'
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
END2
peak() { python3 "$tmp/peak" "$@"; }
refused 'check: 100 MB on standard input' '^vmtune: -: too large' \
    bash -c '"$0" check - <spaces.xml' "$vmtune"
idle=$(peak "$vmtune" check "$sample")
for input in zeros.xml spaces.xml deep.xml bomb.xml; do
    found=$(peak "$vmtune" check - <"$input")
    say "$found MiB; a good domain takes $idle"
    check "$input on standard input takes at most 64 MiB more than a good domain" \
        test "$found" -le $((idle + 64))
done
refused 'a closed standard input' "cannot read '-': Bad file descriptor" \
    bash -c '"$0" check - <&-' "$vmtune"

# --- disk images -----------------------------------------------------------------------

# image: a sound qcow2 header of version 3 with 64 KiB clusters and 64 GiB on standard output
zeros() { head -c "$1" /dev/zero; }
image() {
    printf 'QFI\xfb\0\0\0\3'                # magic, version
    zeros 12                                 # no backing file
    printf '\0\0\0\x10\0\0\0\x10\0\0\0\0'   # cluster_bits, size
    zeros 4                                  # crypt_method
    printf '\0\0\0\x80'                      # l1_size
    printf '\0\0\0\0\0\3\0\0\0\0\0\0\0\1\0\0' # l1_table_offset, refcount_table_offset
    printf '\0\0\0\1'                        # refcount_table_clusters
    zeros 36                                 # no snapshots, no features
    printf '\0\0\0\4\0\0\0\x70'             # refcount_order, header_length
    zeros 8
}
images=$tmp/images
mkdir "$images"
image >"$images/good.qcow2"
with_image "$images/good.qcow2"
"$vmtune" diff "$tmp/with-image.xml" >"$tmp/out" 2>"$tmp/err"
expect_eq 'a sound image passes' '1 ' "$? $(cat "$tmp/err")"

# bad_field FIELD OFFSET BYTES: the image with BYTES, in printf's notation, at OFFSET
bad_field() {
    image >"$images/bad.qcow2"
    # shellcheck disable=SC2059
    printf "$3" | dd of="$images/bad.qcow2" bs=1 seek="$2" conv=notrunc status=none
    with_image "$images/bad.qcow2"
    troubled "an image with ${4:-a bad $1}" \
        "with-image\.xml:42:5: disk image '.*/bad\.qcow2': .*'$1' at byte $2 " \
        "$vmtune" diff "$tmp/with-image.xml"
}
bad_field magic 0 '\0'
bad_field version 4 '\0\0\0\1'
bad_field version 4 '\0\0\0\4' 'the version after the last known'
bad_field backing_file_offset 8 '\x7f'
bad_field cluster_bits 20 '\0\0\0\x08' 'clusters that are too small'
bad_field cluster_bits 20 '\0\0\0\x16' 'clusters that are too large'
bad_field cluster_bits 20 '\xff\xff\xff\xff' 'a negative cluster_bits'
bad_field size 24 '\xff\xff\xff\xff\xff\xff\xff\xff' 'a size beyond its tables'
bad_field crypt_method 32 '\0\0\0\1' 'the old encryption'
bad_field l1_size 36 '\xff\xff\xff\xff'
bad_field l1_table_offset 40 '\0\0\0\0\0\0\0\1' 'a misplaced L1 table'
bad_field refcount_table_offset 48 '\xff' 'a refcount table beyond all files'
bad_field refcount_table_clusters 56 '\0\0\0\0'
bad_field nb_snapshots 60 '\xff\xff\xff\xff'
bad_field snapshots_offset 64 '\0\0\0\0\0\0\0\1'
bad_field incompatible_features 72 '\x80' 'a feature that nobody knows'
bad_field incompatible_features 72 '\0\0\0\0\0\0\0\2' 'the mark of corruption'
bad_field refcount_order 96 '\0\0\0\7'
bad_field header_length 100 '\0\0\0\x40'
bad_field compression_type 104 '\2'

# bad_image SENTENCE PATTERN PATH
bad_image() {
    with_image "$3"
    troubled "$1" "with-image\.xml:42:5: disk image '$3': .*$2" \
        "$vmtune" diff "$tmp/with-image.xml"
}
: >"$images/nothing.qcow2"
image | head -c 60 >"$images/short.qcow2"
bad_image 'an empty image' empty "$images/nothing.qcow2"
bad_image 'an image that breaks off' 'ends at byte .60.' "$images/short.qcow2"
bad_image 'a FIFO as an image, without waiting' 'neither a regular file' "$PWD/fifo"
bad_image 'a folder as an image' 'neither a regular file' "$PWD/folder.xml"
bad_image 'a character device as an image' 'neither a regular file' /dev/zero
chmod 0 "$images/good.qcow2"
with_image "$images/good.qcow2"
cp -r "$vmtune" "$VMTUNE_DATADIR" "$tmp" # that user may not get at the build or the source
chmod -R a+rX "$tmp/vmtune" "$tmp/data"
as_nobody=()
[ "$(id -u)" != 0 ] || as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
troubled 'an image that this user may not read' \
    "with-image\.xml:42:5: disk image .*no permission" \
    "${as_nobody[@]}" env VMTUNE_DATADIR="$tmp/data" "$tmp/vmtune" diff "$tmp/with-image.xml"
with_image /nonexistent/win10.qcow2
"$vmtune" diff "$tmp/with-image.xml" >"$tmp/out" 2>"$tmp/err"
expect_eq 'an image that is elsewhere is no trouble for a file' '1 ' "$? $(cat "$tmp/err")"
troubled 'it is on the host that the domain is for' \
    "with-image\.xml:42:5: disk image '/nonexistent/win10\.qcow2'" \
    "$vmtune" diff --host / "$tmp/with-image.xml"

# --- what it shows of what others wrote ---------------------------------------------------

# a name that would forge the head of a patch, and steer the terminal: U+009B starts a command there
forged=$tmp/$'two\n+++ forged\xc2\x9b2J.xml'
cp "$sample" "$forged"
"$vmtune" diff "$forged" >"$tmp/out" 2>"$tmp/err"
expect_eq 'diff: the name of a file stays in its line' '2 0' \
    "$(grep -cE '^(---|\+\+\+) ' "$tmp/out") $(grep -c '^+++ forged' "$tmp/out")"
check 'and does not steer the terminal' \
    bash -c '! LC_ALL=C grep -qP "\xc2[\x80-\x9f]|\e" "$0"' "$tmp/out"
check 'the patch is one' \
    bash -c 'cp "$0" "$2" && patch --quiet "$2" "$1"' "$forged" "$tmp/out" "$tmp/patched"
refused 'a name with an escape is shown without it' '\\x1b\[2J' "$vmtune" check $'./\e[2J.xml'
TMPDIR=/dev/null "$vmtune" diff "$sample" >"$tmp/out" 2>"$tmp/err"
expect_eq 'diff leaves the XML in no folder' '1 ' "$? $(cat "$tmp/err")"
mkdir "$tmp/bin"
printf '#!/bin/sh\nexit 2\n' >"$tmp/bin/diff"
chmod 755 "$tmp/bin/diff"
refused 'diff(1) in trouble is not taken for no difference' "'diff' could not compare" \
    env PATH="$tmp/bin:$PATH" "$vmtune" diff "$sample"
# libvirt's test driver has no domain capabilities, which is a detail to tell
G_MESSAGES_DEBUG=all "$vmtune" tune -c test:///default test >"$tmp/out" 2>"$tmp/err"
check 'details asked of GLib are told' grep -q 'vmtune-DEBUG' "$tmp/err"
check 'and stay out of what tune prints' xmllint --noout "$tmp/out"
ln -s "$tmp/made-by-link" "$tmp/link"
refused 'host --save through a link that leads nowhere' 'exists already' "$vmtune" host --save "$tmp/link"
check 'makes nothing there' test ! -e "$tmp/made-by-link"

# --- the installation ------------------------------------------------------------------

mkdir -p "$tmp/conf/rules/own"
echo '<rule id="own/broken" level="error">' >"$tmp/conf/rules/own/broken.xml"
refused 'a rule that is no XML' 'own/broken\.xml:[0-9]+:[0-9]+: not well-formed' \
    "$vmtune" check "$sample"
echo '<rule id="own/broken" level="loud" scope="guest" effect="now"/>' \
    >"$tmp/conf/rules/own/broken.xml"
refused 'a rule with a word that is none' 'own/broken\.xml:1:[0-9]+: .*loud' \
    "$vmtune" check "$sample"
refused 'rules: so does the list' 'own/broken\.xml:1:' "$vmtune" rules
rm -r "$tmp/conf/rules"
printf '[policy]\nstandard = apply\n' >"$tmp/conf/vmtune.conf"
refused 'a misspelt setting' "vmtune\.conf:2: .*'standard'" "$vmtune" check "$sample"
printf '[policy]\ndefault = aply\n' >"$tmp/conf/vmtune.conf"
refused 'a misspelt value' "vmtune\.conf:2: .*'aply'" "$vmtune" check "$sample"
rm "$tmp/conf/vmtune.conf"
refused 'no rules' "no rules in '/nonexistent/rules'; VMTUNE_DATADIR" \
    env VMTUNE_DATADIR=/nonexistent "$vmtune" check "$sample"

# wishing TEXT: the sample with TEXT among its metadata
wishing() {
    sed "s|</metadata>|<v:wishes xmlns:v='urn:vmtune:domain:1.0' $1</v:wishes>&|" "$sample" \
        >"$tmp/wishing.xml"
}
wishing "policy='sometimes'>"
refused 'a wish for no policy there is' "wishing\.xml:8:[0-9]+: .*'sometimes'" \
    "$vmtune" check "$tmp/wishing.xml"
wishing "><v:skp rule='hyperv/stimer'/>"
refused 'a misspelt wish' "wishing\.xml:8:[0-9]+: .*skip" "$vmtune" check "$tmp/wishing.xml"
wishing "><v:skip rules='hyperv/stimer'/>"
refused 'a misspelt attribute of a wish' "wishing\.xml:8:[0-9]+: .*skip" \
    "$vmtune" check "$tmp/wishing.xml"

# --- the command line ------------------------------------------------------------------

refused 'no arguments at all, and no libvirt' "cannot connect .*'/nowhere.xml'" \
    env LIBVIRT_DEFAULT_URI=test:///nowhere.xml "$vmtune"
refused 'a command that is none' "no command 'tuen'" "$vmtune" tuen "$sample"
refused 'an option that is none' "--fast; 'vmtune diff --help'" "$vmtune" diff --fast "$sample"
refused 'a format that is none' "no format 'yaml'" \
    "$vmtune" check --format yaml "$sample"
refused '--all and a name' '--all takes no names' "$vmtune" check --all win10
for command in diff check tune facts; do
    refused "$command without a domain" 'name a domain, a file' "$vmtune" $command
done
refused 'apply without a domain' 'name the domains to apply to, or --all' "$vmtune" apply
refused 'apply with --all and a name' 'name the domains to apply to, or --all' \
    "$vmtune" apply --all win10
refused 'undo without a domain' 'name one domain' "$vmtune" undo
refused 'undo of two domains' "'other' is no number of an entry" "$vmtune" undo one other
refused 'undo of three things' 'name one domain' "$vmtune" undo one 2 3
refused 'undo of an entry 0' "'0' is no number" "$vmtune" undo one 0
refused 'history without a domain' 'name the domains' "$vmtune" history
refused 'tune of two domains' 'tune takes one domain' "$vmtune" tune "$sample" "$sample"
refused 'explain without a rule' 'explain takes one rule' "$vmtune" explain
refused 'explain of no rule' "no rule and no cause 'hyperv/warp'" "$vmtune" explain hyperv/warp
refused 'host with an argument' 'host takes no arguments' "$vmtune" host here
refused 'a host that is none' "'/nonexistent' holds no host" \
    "$vmtune" check --host /nonexistent "$sample"
refused 'host --save into a folder that is there' 'exists already' "$vmtune" host --save folder.xml
refused 'a libvirt that is none' "cannot connect to libvirt at 'qemu:///nonsense'" \
    "$vmtune" check -c qemu:///nonsense win10
refused 'a libvirt without a socket' 'connect socket to ./dev/null/none.: Not a directory' \
    "$vmtune" check -c 'qemu+unix:///system?socket=/dev/null/none' win10
refused 'a domain that this libvirt has not' "no domain 'win10'; 'virsh list --all' lists" "$vmtune" check -c test:///default win10
for command in apply undo; do
    refused "$command of such a domain" "'win10'" "$vmtune" $command -c test:///default win10
done
refused 'undo where nothing was applied' 'changed nothing here that could be undone' \
    "$vmtune" undo -c test:///default test

# --- output that has nowhere to go -----------------------------------------------------

refused 'a full disk behind standard output' 'cannot write: No space left' \
    bash -c '"$0" tune "$1" >/dev/full' "$vmtune" "$sample"
for command in tune diff check facts; do
    refused "$command: a closed standard output" 'cannot write: Bad file descriptor' \
        bash -c '"$0" "$1" "$2" >&-' "$vmtune" $command "$sample"
done
refused 'rules: a closed standard output' 'cannot write: Bad file descriptor' \
    bash -c '"$0" rules >&-' "$vmtune"
ln -s /dev/full "$tmp/full"
refused 'a full device behind --output' "cannot write '.*/full': No space left" \
    "$vmtune" tune --output "$tmp/full" "$sample"
check 'it is still the device' test -c "$tmp/full" -a -L "$tmp/full"
# full_disk COMMAND...: runs it in a folder whose one file takes all there is, 4 KiB
full_disk() {
    unshare --mount --map-root-user bash -c '
        mount -t tmpfs -o size=4k tiny "$0" && cd "$0" && echo old >tuned.xml || exit
        "$@" || status=$?
        [ "$(ls; cat tuned.xml)" = "tuned.xml
old" ] || status=9
        exit ${status:-0}' "$tmp/tree/folder.xml" "$@"
}
export -f full_disk
if full_disk true 2>/dev/null; then
    refused 'a full disk behind --output leaves the old file as it was' 'No space left' \
        bash -c 'full_disk "$@"' - "$vmtune" tune --output tuned.xml "$sample"
fi
refused '--output into a folder that is not there' 'No such file' \
    "$vmtune" tune --output missing/tuned.xml "$sample"
refused '--output onto a folder' 'folder\.xml' "$vmtune" tune --output folder.xml "$sample"

expect_eq 'nothing was written by any of these' "$before" "$(written)"
# --- the overview stays a screen ---------------------------------------------------------

cat >node.xml <<'END2'
<node><cpu><mhz>3000</mhz></cpu><domain type='test'>
  <name>imageless</name><memory>65536</memory><os><type arch='x86_64'>hvm</type></os>
  <devices>
    <disk type='file' device='disk'><driver type='qcow2'/><source file='/nonexistent-a.qcow2'/><target dev='vda'/></disk>
    <disk type='file' device='disk'><driver type='qcow2'/><source file='/nonexistent-b.qcow2'/><target dev='vdb'/></disk>
  </devices>
</domain></node>
END2
"$vmtune" -c "test://$PWD/node.xml" >out 2>err
expect_eq 'images that are missing are trouble for the overview, too' 2 $?
expect_eq 'which says so in a line' "vmtune: disk images of 1 guests cannot be read; 'vmtune -v' names them" "$(cat err)"
check 'beside the guest' grep -q '^imageless ' out
"$vmtune" -v -c "test://$PWD/node.xml" >out 2>err
expect_eq 'and names them if it is asked' 2 "$(grep -c 'nonexistent-[ab]' err)"
finish
