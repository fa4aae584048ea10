# shellcheck shell=bash
# Another host beside the one of private-libvirtd: a libvirtd with definitions, hooks and a UUID of
# its own, and a vmtune with a run directory and a history of its own. The two share the disks
# below $tmp, and $tmp/other/run/libvirt-sock is where the first reaches the second.
#
# vmtune.sh goes before.
other=$tmp/other

# start_other_host: returns when its libvirtd answers
start_other_host() {
    mkdir -p "$other"/{run,etc,lib,cache,log,vmtune-run,vmtune-var}
    cp /etc/libvirt/qemu.conf "$other/etc"
    sed -e "s,/var/log/libvirt,$other/log," \
        -e '$ a host_uuid = "0f8a6c1e-55d1-4c7b-9d0e-2b6f3a9c4e11"' /etc/libvirt/libvirtd.conf \
        >"$other/etc/libvirtd.conf"
    mkdir "$other/etc/hooks"
    ln -s "$prefix/sbin/vmtune-hook" "$other/etc/hooks/qemu"
    # shellcheck disable=SC2016  # for the shell in there
    unshare --mount bash -c '
        for folder in etc lib cache log; do
            case $folder in etc) at=/etc/libvirt ;; *) at=/var/$folder/libvirt ;; esac
            mount --bind "$1/$folder" "$at"
        done
        mkdir -p /run/libvirt "$2/run" "$2/var"
        mount --bind "$1/run" /run/libvirt
        mount --bind "$1/vmtune-run" "$2/run"
        mount --bind "$1/vmtune-var" "$2/var"
        virtlogd --daemon --pid-file "$1/virtlogd.pid"
        libvirtd --daemon --pid-file "$1/libvirtd.pid"
        : >"$1/ready"
        exec sleep infinity' - "$other" "$prefix" >/dev/null 2>&1 &
    other_host=$!
    wait_until 20 test -e "$other/ready" && on_other_host virsh list >/dev/null
}

# on_other_host COMMAND...
# with --root: in a chroot, too
on_other_host() { nsenter --mount --root --wd=/ --target "$other_host" "$@"; }

# migrate_to_other_host NAME [OPTION...]
migrate_to_other_host() {
    local name=$1
    shift
    timeout 60 virsh migrate --p2p --live --unsafe --persistent "$@" --domain "$name" \
        --desturi "qemu+unix:///system?socket=$other/run/libvirt-sock" \
        --migrateuri "unix://$tmp/$name.migration"
}
