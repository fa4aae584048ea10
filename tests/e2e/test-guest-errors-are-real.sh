#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What vmtune calls an error in clock, CPU and enlightenments is one: a real libvirt refuses the
# guest, and takes and starts its twin without the fault. The dependencies that QEMU checks under
# KVM alone cannot be seen here.
#
# VMTUNE_PREFIX names the folder that vmtune is installed in.
. "$(dirname "$0")/lib.sh"
run_inside "$@"
. "$e2e/vmtune.sh"
. "$e2e/real-errors.sh"
policy off

# guest NAME CPU CLOCK FEATURES [MACHINE VCPUS]: a definition, not yet libvirt's
guest() {
    cat >"$tmp/$1.xml" <<EOF
<domain type='kvm'>
  <name>$1</name>
  <memory unit='MiB'>256</memory>
  <vcpu>${6:-1}</vcpu>
  <os><type arch='x86_64' machine='${5:-q35}'>hvm</type></os>
  <features><acpi/><apic/>$4</features>
  $2
  <clock offset='utc'>$3</clock>
  <devices><emulator>$standin</emulator></devices>
</domain>
EOF
}
guest platform '' "<timer name='platform'/>" ''
refused clock/refused platform
for policy in merge discard; do
    guest "rtc-$policy" '' "<timer name='rtc' tickpolicy='$policy'/>" ''
    refused clock/refused "rtc-$policy"
done
guest rtc-boot '' "<timer name='rtc' track='boot'/>" ''
refused clock/refused rtc-boot
guest pit-merge '' "<timer name='pit' tickpolicy='merge'/>" ''
refused clock/refused pit-merge
guest timers '' "<timer name='rtc' tickpolicy='catchup' track='guest'/>
    <timer name='pit' tickpolicy='discard'/>" ''
sound clock/refused timers

cache="<cache mode='passthrough'/>"
guest cache "<cpu mode='host-model'>$cache</cpu>" '' ''
refused cpu/cache-info cache
guest cache "<cpu mode='host-passthrough'>$cache</cpu>" '' ''
sound cpu/cache-info cache

guest many '' '' '' pc 256
refused cpu/many-vcpus many

hyperv() { echo "<hyperv><relaxed state='on'/><vpindex state='on'/>$1</hyperv>"; }
guest spin '' '' "$(hyperv "<spinlocks state='on' retries='4094'/>")"
refused hyperv/spinlocks spin
guest spin '' '' "$(hyperv "<spinlocks state='on' retries='4095'/>")"
sound hyperv/spinlocks spin
if [ "$(virsh version --daemon | sed -n 's/^Using library: libvirt \([0-9]*\).*/\1/p')" -lt 11 ]; then
    guest spin '' '' "$(hyperv "<spinlocks state='on'/>")"
    refused hyperv/spinlocks spin
    guest mode '' '' "<hyperv mode='host-model'/>"
    refused hyperv/mode mode
fi
finish
