#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# test-cli-map.sh VMTUNE: vmtune map on a made-up host and on libvirt's test driver.
#
# VMTUNE_DATADIR names the rules; no libvirtd is needed.
# shellcheck disable=SC2317  # functions called by check
: "${VMTUNE_DATADIR:?names the rules}"
. "$(dirname "$0")/lib.sh"
vmtune=$(realpath "$1")
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit
export LC_ALL=C HOME=$tmp/home XDG_STATE_HOME=$tmp/home VMTUNE_CONFDIR=$tmp/conf
unset COLUMNS NO_COLOR

run() {
    "$@" >out 2>err
    status=$?
}
expect() { expect_eq "$1" "$2 " "$status $(cat err)"; } # SENTENCE STATUS, and no talk
shows() { grep -qF -- "$1" out; }
lacks() { ! grep -qF -- "$1" out; }

# --- a host of six cores with two threads, and two guests --------------------------------

cpu=host/sys/devices/system/cpu
mkdir -p "$cpu"
for set in online possible present; do echo 0-11 >"$cpu/$set"; done
for n in $(seq 0 11); do
    mkdir -p "$cpu/cpu$n/topology" "$cpu/cpu$n/cache/index0"
    echo 0 >"$cpu/cpu$n/topology/physical_package_id"
    echo "$((n % 6)),$((n % 6 + 6))" >"$cpu/cpu$n/topology/thread_siblings_list"
    echo 3 >"$cpu/cpu$n/cache/index0/level"
    echo 0-11 >"$cpu/cpu$n/cache/index0/shared_cpu_list"
done
guest() { # NAME VCPUS [CPUTUNE]
    echo "<domain type='kvm'><name>$1</name><metadata>
<libosinfo:libosinfo xmlns:libosinfo='http://libosinfo.org/xmlns/libvirt/domain/1.0'>
<libosinfo:os id='http://debian.org/debian/12'/></libosinfo:libosinfo></metadata>
<memory unit='GiB'>1</memory><vcpu>$2</vcpu>
<os><type arch='x86_64'>hvm</type></os>${3:-}</domain>"
}
guest one 4 >one.xml
guest two 4 >two.xml
guest large 64 >large.xml
guest own 1 "<cputune><vcpupin vcpu='0' cpuset='5'/></cputune>" >own.xml

# --- the drawing -----------------------------------------------------------------------

run "$vmtune" map --host host
expect 'map of a captured host exits 0 and needs no libvirt' 0
check 'it has every core with its siblings side by side' shows '|  5 11 |'
check 'where the character set is not UTF-8 it is all ASCII' \
    python3 -c 'open("out", encoding="ascii").read()'
check 'a pipe gets no escape sequences' lacks $'\033'
run env LC_ALL=C.UTF-8 "$vmtune" map --host host
check 'where it is UTF-8 the lines are drawn' shows '│'
run env LC_ALL=C.UTF-8 "$vmtune" map --host host --ascii
check 'but not with --ascii' lacks '│'
run env COLUMNS=40 "$vmtune" map --host host
check 'COLUMNS is the width' python3 -c '
assert max(len(line.rstrip("\n")) for line in open("out")) <= 40'
run env COLUMNS=40 "$vmtune" map --host host --width 100
check '--width goes before it' shows 'CPUs online: 12'
run "$vmtune" map --host host --width 0x
expect_eq 'a width that is no number exits 2' 2 "$status"
run "$vmtune" map --host host --width -5
expect_eq 'and so does one below nothing' 2 "$status"
run "$vmtune" map --host host something
expect_eq 'map takes no arguments' 2 "$status"
run "$vmtune" map --host "$tmp"
expect_eq 'a folder without a host exits 2' 2 "$status"

cat >terminal.py <<'END'
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
text = b""
while True:
    try:
        part = os.read(fd, 65536)
    except OSError:
        break
    if not part:
        break
    text += part
sys.stdout.buffer.write(text)
END
run env TERM=xterm python3 terminal.py "$vmtune" map --host host --plan ./one.xml
check 'a terminal gets colours' shows $'\033['
run env TERM=xterm NO_COLOR=1 python3 terminal.py "$vmtune" map --host host --plan ./one.xml
check 'but not with NO_COLOR' lacks $'\033['

# --- plans -----------------------------------------------------------------------------

run "$vmtune" map --host host --plan ./one.xml
expect 'a domain that has a place exits 0' 0
check 'its vCPUs are in the cells' shows '>A3'
check 'and a sentence says why there' shows 'one would go here: 4 vCPUs on CPUs'
run "$vmtune" map --host host --plan ./one.xml --plan ./two.xml
check 'a second one is planned beside the first' shows '>B3'
check 'and not onto it' lacks 'More than one vCPU'
run "$vmtune" map --host host --plan ./large.xml
expect 'a domain without a place exits 1' 1
check 'and a sentence says what is missing' shows 'large is not placed: '
run "$vmtune" map --host host --plan ./own.xml
check 'a domain with pins of its own goes where they say' shows '>A0'
run "$vmtune" map --host host --plan ./missing.xml
expect_eq 'a domain that cannot be read exits 2' 2 "$status"
check 'and the host is drawn all the same' shows '|  5 11 |'
"$vmtune" map --host host --plan - <one.xml >out
check 'standard input is a domain as well' shows '>A3'

# --- SVG -------------------------------------------------------------------------------

run "$vmtune" map --host host --plan ./one.xml --svg map.svg
expect 'map --svg exits 0' 0
expect_eq 'and prints nothing' '' "$(cat out)"
check 'it is XML with every CPU once' python3 -c '
import re, xml.dom.minidom
text = open("map.svg", encoding="utf-8").read()
assert xml.dom.minidom.parseString(text.encode()).documentElement.tagName == "svg"
assert sorted(map(int, re.findall(r"id=\"cpu(\d+)\"", text))) == list(range(12))'
run "$vmtune" map --host host --plan ./one.xml --svg -
check '--svg - is standard output' cmp out map.svg
run "$vmtune" map --host host --svg missing/map.svg
expect_eq 'a file that cannot be written exits 2' 2 "$status"

# --- libvirt ---------------------------------------------------------------------------

cat >node.xml <<END
<node><cpu><mhz>1000</mhz><model>x86</model><active>1</active><nodes>1</nodes><sockets>1</sockets>
<cores>1</cores><threads>1</threads></cpu><memory>8000000</memory>
$(guest everywhere 1 | sed s/kvm/test/)
$(guest here 1 "<cputune><vcpupin vcpu='0' cpuset='$(sed 's/[,-].*//' /sys/devices/system/cpu/online)'/></cputune>" | sed s/kvm/test/)
</node>
END
run "$vmtune" map -c "test://$tmp/node.xml"
expect 'map of a libvirt exits 0' 0
if [ "$(cat /sys/devices/system/cpu/online)" = 0 ]; then
    say 'one CPU: every mask has them all'
else
    check 'a guest is named' shows 'here: running; vCPU 0'
    check 'one without pins is listed' shows 'Running without pins: everywhere.'
fi
run "$vmtune" map -c "test://$tmp/missing.xml"
expect_eq 'without libvirt the host is drawn' 0 "$status"
check 'and the talk says that no guests are' grep -q 'no guests are shown' err
check 'as there are none' lacks running
finish
