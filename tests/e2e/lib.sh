# shellcheck shell=bash
# Helpers of the end-to-end tests. A test starts with
#
#   . "$(dirname "$0")/lib.sh"
#   run_inside "$@"
#
# states what it finds, one sentence a check, and ends with `finish`. Output is TAP; the
# exit code is 0 if all went well, 1 if not, 77 if this machine cannot run the test, and
# 124 if it took longer than E2E_TIMEOUT seconds (180 unless told).

# shellcheck disable=SC2034  # used by the tests
standin=/usr/bin/qemu-system-x86_64     # see private-libvirtd
e2e=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tmp=/run/e2e                            # the test's own files; gone with the namespace
. "$e2e/../lib.sh"

# run_inside "$@": from here on, the script runs under private-libvirtd.
run_inside() {
    if [ -z "${VMTUNE_E2E_INSIDE:-}" ]; then
        exec "$e2e/private-libvirtd" -- timeout "${E2E_TIMEOUT:-180}" bash "$0" "$@"
    fi
    mkdir -p "$tmp"
}

# --- waiting ---------------------------------------------------------------------------

# wait_until SECONDS COMMAND...: repeats COMMAND until it succeeds.
wait_until() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.05
    done
}

# --- domains: no system in them, 256 MiB -----------------------------------------------

# define_tcg_domain NAME [MEM]: the least that starts; MEM in MiB.
define_tcg_domain() {
    cat >"$tmp/$1.xml" <<END
<domain type='qemu'>
  <name>$1</name>
  <memory unit='MiB'>${2:-256}</memory>
  <vcpu>1</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices><emulator>$standin</emulator></devices>
</domain>
END
    virsh define --validate "$tmp/$1.xml"
}

# windows_xml NAME [OSID [FEATURES [TIMERS [DEVICES]]]]: a bare, untuned Windows guest, and
# its disk. The last three are XML put into <features>, <clock> and <devices>.
windows_xml() {
    local disk=$tmp/$1.qcow2
    qemu-img create -q -f qcow2 "$disk" 64G
    cat <<END
<domain type='kvm'>
  <name>$1</name>
  <metadata>
    <libosinfo:libosinfo xmlns:libosinfo='http://libosinfo.org/xmlns/libvirt/domain/1.0'>
      <libosinfo:os id='${2:-http://microsoft.com/win/10}'/>
    </libosinfo:libosinfo>
  </metadata>
  <memory unit='MiB'>256</memory>
  <vcpu>4</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <features>
    <acpi/>
    <apic/>
    ${3:-}
  </features>
  <cpu mode='host-passthrough'/>
  <clock offset='localtime'>${4:-}</clock>
  <devices>
    <emulator>$standin</emulator>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/>
      <source file='$disk'/>
      <target dev='sda' bus='sata'/>
    </disk>
    <graphics type='vnc' port='-1' autoport='yes' listen='127.0.0.1' passwd='secret'/>
    ${5:-}
  </devices>
</domain>
END
}

# define_kvm_windows_domain NAME [OSID [FEATURES [TIMERS [DEVICES]]]]
define_kvm_windows_domain() {
    windows_xml "$@" >"$tmp/$1.xml" && virsh define --validate "$tmp/$1.xml"
}

# asked_argv NAME: the command line that libvirt asked for at the last start of NAME.
asked_argv() { cat "/run/qemu-kvm-standin/$1.argv"; }

# qemu_pid NAME
qemu_pid() { cat "/run/libvirt/qemu/$1.pid"; }
