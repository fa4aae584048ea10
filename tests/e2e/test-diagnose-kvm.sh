#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# vmtune diagnose of a guest that really leaves for the host: KVM, its counters, and perf.
#
# VMTUNE_PREFIX names the folder that vmtune is installed in. 77 where there is no KVM that runs a
# guest of a few instructions, which is all that is asked of it.
# shellcheck disable=SC2317  # called by check
. "$(dirname "$0")/lib.sh"
run_inside "$@"
. "$e2e/vmtune.sh"
vmtune=$prefix/bin/vmtune
qemu=/run/qemu-kvm-standin/usr/bin/qemu-system-x86_64
export TMPDIR=$tmp/space LC_ALL=C
mkdir "$TMPDIR"

cannot_run() {
    say "not run: $*"
    exit 77
}
said() {
    "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
    status=$?
}
shows() { grep -qF -- "$1" "$tmp/out"; }
# value EXPRESSION: of the JSON that was printed
value() {
    python3 -c 'import json, sys; print(eval(sys.argv[2], {"d": json.load(open(sys.argv[1]))}))' \
        "$tmp/out" "$1"
}

# --- a guest that reads the PM timer, and nothing else -------------------------------------------

# The host's /dev/kvm instead of the file that stands for it.
mknod "$tmp/kvm" c 10 232 2>/dev/null || cannot_run 'no device may be made here'
mount --bind "$tmp/kvm" /dev/kvm
python3 -c 'open("/dev/kvm", "r+b", buffering=0)' 2>/dev/null || cannot_run 'no /dev/kvm'

# Firmware of its own, 64 KiB that end where the CPU begins: protected mode, and a loop.
python3 - "$tmp/firmware" <<'END'
import struct, sys
SIZE, BASE = 256, 0xffffff00
GDT, GDT_POINTER = 0x40, 0x58
code = bytes((
    0xfa,                                           # cli
    0x2e, 0x66, 0x0f, 0x01, 0x16, GDT_POINTER, 0xff,  # lgdtl %cs:0xff58
    0x0f, 0x20, 0xc0, 0x0c, 0x01, 0x0f, 0x22, 0xc0,   # mov %cr0,%eax; or $1,%al; mov %eax,%cr0
    0x66, 0xea, 0x18, 0xff, 0xff, 0xff, 0x08, 0x00,   # ljmpl $8,$0xffffff18
    0x66, 0xb8, 0x10, 0x00, 0x8e, 0xd8, 0x8e, 0xd0,   # mov $16,%ax; mov %ax,%ds; mov %ax,%ss
    0x66, 0xba, 0x08, 0x06,                           # mov $0x608,%dx
    0xed, 0xeb, 0xfd))                                # 1: in (%dx),%eax; jmp 1b
gdt = struct.pack("<QQQ", 0, 0x00cf9b000000ffff, 0x00cf93000000ffff)
end = bytearray(SIZE)
end[:len(code)] = code
end[GDT:GDT + len(gdt)] = gdt
end[GDT_POINTER:GDT_POINTER + 6] = struct.pack("<HI", len(gdt) - 1, BASE + GDT)
end[0xf0:0xf3] = b"\xe9\x0d\xff"                      # jmp to the beginning
open(sys.argv[1], "wb").write(bytes(65536 - SIZE) + end)
END
cat >"$tmp/reader.xml" <<END
<domain type='kvm'>
  <name>reader</name>
  <memory unit='MiB'>32</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='pc'>hvm</type>
    <loader readonly='yes' type='rom'>$tmp/firmware</loader>
  </os>
  <features><acpi/><apic/></features>
  <cpu mode='custom' match='exact' check='none'><model fallback='forbid'>qemu64</model></cpu>
  <devices><emulator>$qemu</emulator></devices>
</domain>
END
virsh define --validate "$tmp/reader.xml" >/dev/null 2>"$tmp/err" ||
    cannot_run "libvirt finds no KVM: $(cat "$tmp/err")"
virsh start reader >/dev/null 2>"$tmp/err" || cannot_run "KVM starts no guest: $(cat "$tmp/err")"
# counter NAME: of all vCPUs, as libvirt tells it
counter() {
    virsh domstats --vcpu reader |
        awk -F= -v "name=.$1.sum" 'index($1, name) { sum += $2 } END { print sum + 0 }'
}
wait_until 5 bash -c '[ "$(virsh domstats --vcpu reader | sed -n "s/.*[0-9]\.exits\.sum=//p")" -gt 1000 ]' ||
    cannot_run "no counters of exits that grow: $(uname -r), $($qemu --version | head -1)"

# --- libvirt's counters --------------------------------------------------------------------------

before=$(counter exits)
said "$vmtune" diagnose --seconds 1 --format json reader
after=$(counter exits)
expect_eq 'nothing is complained of' '' "$(cat "$tmp/err")"
check 'a guest that does nothing but exit is measured' [ "$status" -lt 2 ]
exits=$(value 'next(e["count"] for t in d["tables"] if t["kind"] == "counter" for e in t["entries"] if e["name"] == "exits")')
say "$exits exits in $(value 'd["seconds"]') seconds"
check 'its exits are some, and no more than KVM has counted' \
    [ 1000 -lt "$exits" -a "$exits" -le $((after - before)) ]
check 'they are of about a second' python3 -c 'import sys; assert 1 <= float(sys.argv[1]) < 2' "$(value 'd["seconds"]')"

# --- perf ----------------------------------------------------------------------------------------

if ! perf kvm stat record -o /dev/null true >"$tmp/said" 2>&1; then
    say "perf is not run: $(head -5 "$tmp/said")"
    finish
fi
said "$vmtune" diagnose --perf --seconds 1 --format json reader
expect_eq 'perf: nothing is complained of, and there is trouble' '1 ' "$status $(cat "$tmp/err")"
reads=$(value 'sum(e["count"] for t in d["tables"] if t["kind"] == "ioport" for e in t["entries"] if e["address"] == "0x608")')
say "$reads reads of 0x608"
check 'perf: the port that the guest reads is 0x608' [ "$reads" -gt 1000 ]
expect_eq 'perf: nothing is left of what it recorded' '' "$(ls -A "$TMPDIR")"
finish
