#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The disk side of `vmtune diagnose` on a real libvirtd and a real QEMU: what the metadata cache of the
# guest that runs covers, and whether what the guest reads outgrows it, held against QEMU's own trace of
# each table that it loads.
#
# VMTUNE_PREFIX names the folder that vmtune is installed in.
# shellcheck disable=SC2317  # called by check
. "$(dirname "$0")/lib.sh"
run_inside "$@"
. "$e2e/vmtune.sh"

image=$tmp/disk.qcow2
covers_8_gib=1310720       # L2 tables of 1 MiB, and the refcounts' 4 clusters
two_tables=262144          # nothing but those: QEMU makes room for two
covers_all=8650752

# boot_sector STEP: a guest that reads a sector every STEP x 32 MiB, round and round in 64 GiB
boot_sector() {
    local code
    # xor ax,ax; mov ds,ax; mov ss,ax; mov sp,0x7c00; sti
    code='31c0 8ed8 8ed0 bc007c fb'
    # again: mov si,packet; mov ah,0x42 (extended read); mov dl,0x80; int 0x13
    code+=' be207c b442 b280 cd13'
    # add word [packet+10],STEP; and word [packet+10],0x07ff; jmp again
    code+=" 83062a7c$1 81262a7cff07 ebea"
    # packet, at 0x7c20: one sector to 0:0x8000, from sector 0
    code=$(printf '%s' "$code" | tr -d ' ')
    while [ ${#code} -lt 64 ]; do code+=90; done
    code+=10000100008000000000000000000000
    printf '%s' "$code" | python3 -c '
import sys
code = bytes.fromhex(sys.stdin.read())
sys.stdout.buffer.write(code.ljust(510, b"\0") + b"\x55\xaa")' >"$tmp/boot"
    qemu-io -f qcow2 -c "write -q -s $tmp/boot 0 512" "$image"
}

# define MAX_SIZE: the guest; its QEMU tells of each table that it reads from the image
define() {
    cat >"$tmp/reader.xml" <<END
<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>reader</name>
  <uuid>6d1a1b0e-0d5c-4c59-8f0f-5a6f6e1b7a11</uuid>
  <memory unit='MiB'>64</memory>
  <vcpu>1</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>
    <emulator>$standin</emulator>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'>
        <metadata_cache><max_size unit='bytes'>$1</max_size></metadata_cache>
      </driver>
      <source file='$image'/>
      <target dev='vda' bus='virtio'/>
    </disk>
  </devices>
  <qemu:commandline>
    <qemu:arg value='-trace'/><qemu:arg value='enable=qcow2_cache_get_read'/>
  </qemu:commandline>
</domain>
END
    virsh define "$tmp/reader.xml" >/dev/null
}
# start STEP MAX_SIZE: and waits until the guest reads
start() {
    virsh destroy reader >/dev/null 2>&1
    boot_sector "$1"
    define "$2"
    virsh start reader >/dev/null
    wait_until 30 reads_over 50
}
reads() { virsh domstats --block reader | sed -n 's/.*block.0.rd.reqs=//p'; }
reads_over() { [ "$(reads)" -gt "$1" ]; }
traced() { grep -c 'qcow2_cache_get_read.*is_l2_cache 1' /var/log/libvirt/qemu/reader.log; }

# diagnose [SECONDS]: into $tmp/json; exits are not to be had of a guest without KVM
diagnose() {
    status=0
    vmtune diagnose --blockstats --seconds "${1:-0.1}" --format json reader \
        >"$tmp/json" 2>"$tmp/err" || status=$?
}
# json EXPRESSION: of what diagnose had; "disk" is the disk, "use" what --blockstats found
json() {
    python3 -c '
import json, sys
report = json.load(open(sys.argv[1]))
disk, use = report["disks"][0], report.get("metadata_cache_use")
print(eval(sys.argv[2]))' "$tmp/json" "$1"
}
is_true() { [ "$(json "$1")" = True ]; }

qemu-img create -q -f qcow2 -o preallocation=metadata "$image" 64G

# --- a cache of two tables, and a guest that needs another one each time -----------------------

start 01 $two_tables
before=$(traced)
diagnose 2
expect_eq 'what it works on outgrows the cache' outgrown "$(json 'use["verdict"]')"
expect_eq 'which is something to mend' 1 "$status"
check 'its exits cannot be measured' grep -q "of type 'qemu'" "$tmp/err"
after=$(traced)
check 'each read of the guest takes a table' is_true \
    'abs(use["tables_read"] - use["requests"]) < 20 + use["requests"] / 30'
check 'QEMU says that it read as many' is_true \
    "0.1 * ($after - $before) < use['tables_read'] < 1.02 * ($after - $before)"
expect_eq 'there is room for two' 2 "$(json 'use["room_for_tables"]')"
expect_eq 'so they cover 64 MiB' 67108864 "$(json 'disk["covered_bytes"]')"
vmtune diagnose --blockstats --seconds 1 reader >"$tmp/text" 2>/dev/null
check 'the text says so' grep -q 'outgrows' "$tmp/text"

# --- the same cache, and a guest that reads one place ------------------------------------------

start 00 $two_tables
before=$(traced)
diagnose 2
expect_eq 'what reads one place fits' fits "$(json 'use["verdict"]')"
expect_eq 'there is nothing to mend' 0 "$status"
check 'hardly any table was read' is_true 'use["tables_read"] < 20 < use["requests"]'
expect_eq 'nor does QEMU say so' "$before" "$(traced)"

# --- what runs, and what is stored -------------------------------------------------------------

define $covers_all
diagnose
expect_eq 'what runs counts' $two_tables "$(json 'disk["max_size_bytes"]')"
expect_eq 'what is stored waits' "$covers_all True" \
    "$(json 'str(disk["stored_max_size_bytes"]) + " " + str(disk["waits_for_cold_boot"])')"
check 'by the rule that sets it' is_true \
    'disk["cure"]["rule"] == "disk/metadata-cache" and disk["cure"]["state"] != "missing"'
start 01 $covers_8_gib
diagnose
expect_eq 'a cache of 1 MiB covers 8 GiB of 64' '8589934592 68719476736' \
    "$(json 'str(disk["covered_bytes"]) + " " + str(disk["virtual_size_bytes"])')"
expect_eq 'all of it takes what vmtune sets' $covers_all "$(json 'disk["full_coverage_bytes"]')"
start 01 $covers_all
diagnose 1
check 'a cache that covers the disk does so' is_true \
    'disk["covered_bytes"] == disk["virtual_size_bytes"]'
expect_eq 'and cannot be outgrown' fits "$(json 'use["verdict"]')"

# --- what cannot be asked ----------------------------------------------------------------------

vmtune diagnose --blockstats "$tmp/reader.xml" >/dev/null 2>&1
expect_eq 'a file is nothing to watch' 2 $?
vmtune diagnose --blockstats no-such >/dev/null 2>&1
expect_eq 'nor is a domain that does not exist' 2 $?

# --- what cannot be known ----------------------------------------------------------------------

start 01 $covers_8_gib
mv /run/libvirt/qemu/reader.pid "$tmp/reader.pid"
diagnose 1
expect_eq 'without its process nothing is known of its reads' unknown "$(json 'use["verdict"]')"
check 'it says what is missing' is_true '"reader.pid" in use["why_unknown"]'
echo $$ >/run/libvirt/qemu/reader.pid
diagnose 1
expect_eq 'the process of somebody else is not taken for it' unknown "$(json 'use["verdict"]')"
mv "$tmp/reader.pid" /run/libvirt/qemu/reader.pid
# the size in the header, 32 GiB: QEMU read it when it started
printf '\0\0\0\10\0\0\0\0' | dd of="$image" bs=1 seek=24 conv=notrunc 2>/dev/null
diagnose
check 'an image that was changed under QEMU tells nothing' is_true 'disk["covered_bytes"] is None'
check 'it says why' is_true '"34359738368" in disk["why_unknown"]'
head -c 4096 /dev/urandom | dd of="$image" conv=notrunc 2>/dev/null
diagnose
check 'nor does one that became garbage' is_true '"magic" in disk["why_unknown"]'
virsh destroy reader >/dev/null
finish
