# shellcheck shell=bash
# Fixtures of the tests in which vmtune is under fire; after lib.sh and vmtune.sh.

# Makes the image that light domains have copies of: its L2 tables are more than QEMU caches, so
# that there is something to tune in a domain that needs no KVM.
make_light_image() { qemu-img create -q -f qcow2 "$tmp/light.qcow2" 512G; }

# light_xml NAME [XML]: the lightest domain that vmtune has something to tune in, some 20 MiB of
# memory while it runs; XML goes between <vcpu> and <os>.
light_xml() {
    cp "$tmp/light.qcow2" "$tmp/$1.qcow2"
    cat <<END
<domain type='qemu'>
  <name>$1</name>
  <memory unit='MiB'>16</memory>
  <vcpu>1</vcpu>
  ${2:-}
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>
    <emulator>$standin</emulator>
    <controller type='usb' model='none'/>
    <memballoon model='none'/>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/>
      <source file='$tmp/$1.qcow2'/>
      <target dev='vda' bus='virtio'/>
    </disk>
  </devices>
</domain>
END
}

# define_light NAME [XML]
define_light() {
    light_xml "$@" >"$tmp/$1.xml" && virsh define "$tmp/$1.xml" >/dev/null
}

light_is_tuned() { stored_has "$1" '<metadata_cache>'; }
uuid_of() { virsh domuuid --domain "$1" | head -1; }
# said COMMAND...: leaves $status, and the files out and err
said() {
    status=0
    "$@" >"$tmp/out" 2>"$tmp/err" || status=$?
}
# entries NAME: how many undo copies there are
entries() { find "$history/$(uuid_of "$1")" -mindepth 1 -maxdepth 1 -type d 2>/dev/null | wc -l; }
