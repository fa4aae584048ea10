# shellcheck shell=bash
# What vmtune calls an error is one: judged by vmtune and by libvirt. For tests that have sourced
# vmtune.sh and write $tmp/NAME.xml, a definition that is not yet libvirt's.

starts() { virsh define "$tmp/$1.xml" >/dev/null && virsh start "$1" >/dev/null; }
gone() {
    virsh destroy "$1"
    virsh undefine "$1"
} >/dev/null 2>&1
not() { ! "$@" 2>/dev/null; }

# refused RULE NAME: vmtune says so, and libvirt agrees
refused() {
    vmtune check --host / "$tmp/$2.xml" >"$tmp/$2.found"
    check "$1: vmtune calls $2 an error" grep -qw "error: $1" "$tmp/$2.found"
    check "$1: libvirt does not start it" not starts "$2"
    gone "$2"
}
# sound RULE NAME: neither has anything against it
sound() {
    vmtune check --host / "$tmp/$2.xml" >"$tmp/$2.found"
    check "$1: vmtune has nothing against the twin of $2" not grep -q "error:" "$tmp/$2.found"
    check "$1: the twin starts" starts "$2"
    gone "$2"
}
