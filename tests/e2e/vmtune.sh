# shellcheck shell=bash
# vmtune as it is installed in VMTUNE_PREFIX, for tests inside private-libvirtd: its hook is the
# only one, and it has neither requests nor history nor configuration from before.
prefix=${VMTUNE_PREFIX:?names the folder that vmtune is installed in}
requests=$prefix/run/vmtune/requests
# shellcheck disable=SC2034  # used by the tests
history=$prefix/var/lib/vmtune/history

vmtune() { "$prefix/bin/vmtune" "$@"; }
worker() { "$prefix/sbin/vmtune-apply" "$@"; }
request_count() { find "$requests" -name '*.request' 2>/dev/null | wc -l; }

# stored NAME [OPTION]: the definition that the next start uses
stored() { virsh dumpxml --inactive --domain "$@"; }
# stored_has NAME PATTERN
stored_has() { stored "$1" | grep -q -- "$2"; }
# policy WORD: the configuration's; its folder is covered, and the host's never touched
policy() { printf '[policy]\ndefault = %s\n' "$1" >"$prefix/etc/vmtune/vmtune.conf"; }

# forget_undos: worker and watch leave what was undone; now they do not
forget_undos() {
    local entry
    grep -ls '^undoes=' "$history"/*/*/entry | while read -r entry; do rm -r "${entry%/entry}"; done
}

rm -rf "$prefix/run/vmtune" "$prefix/var/lib/vmtune"
mount -n -t tmpfs -o mode=755 vmtune-conf "$prefix/etc/vmtune"
ln -s "$prefix/sbin/vmtune-hook" /etc/libvirt/hooks/qemu
e2e-reload

# record_calls FOLDER [HOOK]: from here on all that libvirt gives the hook, and gets back, is kept as
# FOLDER/NAME.OPERATION.{in,out,err,status}, and the calls in their order in FOLDER/NAME.calls.
record_calls() {
    local hook=${2:-/etc/libvirt/hooks/qemu}
    mkdir -p "$1"
    rm "$hook"
    cat >"$hook" <<END2
#!/bin/bash
call=$1/\$1.\$2
echo "\${*:2}" >>"$1/\$1.calls"
cat >"\$call.in"
"$prefix/sbin/vmtune-hook" "\$@" <"\$call.in" >"\$call.out" 2>"\$call.err"
echo \$? >"\$call.status"
cat "\$call.err" >&2
cat "\$call.out"
exit "\$(cat "\$call.status")"
END2
    chmod +x "$hook"
}
# without_pins FILE: all the lines that a filter must leave as they are
without_pins() { grep -v '^ *<vcpupin\|^ *</*cputune>$' "$1"; }
