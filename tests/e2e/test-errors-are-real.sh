#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What vmtune calls an error is one: a guest that a device rule says will not start is refused by a
# real libvirt, and its twin without the fault starts.
#
# VMTUNE_PREFIX names the folder that vmtune is installed in.
. "$(dirname "$0")/lib.sh"
run_inside "$@"
. "$e2e/vmtune.sh"
. "$e2e/real-errors.sh"
policy off
truncate -s 64M "$tmp/disk.raw"
absent_node=99

# guest NAME TOP DEVICES: a definition, not yet libvirt's
guest() {
    cat >"$tmp/$1.xml" <<END
<domain type='qemu'>
  <name>$1</name>
  <memory unit='MiB'>256</memory>
  $2
  <vcpu>1</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices><emulator>$standin</emulator>$3</devices>
</domain>
END
}
# disk BUS TARGET DRIVER [INNER]: the driver's attributes and what is in it
disk() {
    echo "<disk type='file' device='disk'><driver name='qemu' type='raw' $3>${4-}</driver>" \
        "<source file='$tmp/disk.raw'/><target dev='$2' bus='$1'/></disk>"
}

guest io '' "$(disk virtio vda "io='native'")"
refused disk/native-io io
guest io '' "$(disk virtio vda "io='native' cache='none'")"
sound disk/native-io io

guest bus '<iothreads>1</iothreads>' "$(disk sata sda "iothread='1'")"
refused disk/iothread-bus bus
guest bus '<iothreads>1</iothreads>' "$(disk virtio vda "iothread='1'")"
sound disk/iothread-bus bus

guest third '<iothreads>2</iothreads>' "$(disk virtio vda "iothread='3'")"
refused disk/absent-iothread third
guest third "<iothreads>2</iothreads><iothreadids><iothread id='3'/></iothreadids>" \
    "$(disk virtio vda "iothread='3'")"
sound disk/absent-iothread third

cache() { echo "<metadata_cache><max_size unit='bytes'>$1</max_size></metadata_cache>"; }
guest cache '' "$(disk virtio vda '' "$(cache 1048576)")"
refused disk/metadata-cache-format cache
guest cache '' "$(disk virtio vda '' "$(cache 0)")"
sound disk/metadata-cache-format cache

guest node "<numatune><memory mode='preferred' nodeset='$absent_node'/></numatune>" ''
refused numatune/absent-node node
guest node "<numatune><memory mode='preferred' nodeset='0'/></numatune>" ''
sound numatune/absent-node node

guest pages "<memoryBacking><hugepages><page size='3' unit='MiB'/></hugepages></memoryBacking>" ''
refused memory/hugepage-size pages
finish
