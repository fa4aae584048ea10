#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# test-install.sh SOURCE VMTUNE: what `meson install` puts where, in a system of its own below
# DESTDIR. VMTUNE is the one in the build tree, which must run as it stands.
# shellcheck disable=SC2016,SC2317  # for the shells in there; called by check
. "$(dirname "$0")/lib.sh"
source=$(realpath "$1")
vmtune=$(realpath "$2")
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit
export LC_ALL=C
unset DESTDIR VMTUNE_CONFDIR VMTUNE_DATADIR

# logged COMMAND...: shows what it said if it fails
logged() { "$@" >log 2>&1 || { tail -n 30 log && return 1; }; }
# install_with HOOK: into $dest
install_with() {
    dest=$tmp/dest-$1
    logged meson configure build -Dhook="$1" &&
        DESTDIR=$dest logged meson install -C build
}
# the folder of what systemd.pc says, below /usr
systemd_dir() {
    local dir
    dir=$(pkg-config --variable="$1" systemd 2>/dev/null)
    echo "${dir:-/usr/lib/$2}"
}
# expected_files [HOOK-LINK]
expected_files() {
    local page po
    echo /etc/vmtune/vmtune.conf
    [ -z "${1:-}" ] || echo "/etc/libvirt/hooks/$1"
    printf '/usr/%s\n' bin/vmtune sbin/vmtune-apply sbin/vmtune-hook
    (cd "$source/data" && find baseline cause.rng causes profiles profile.rng rules rule.rng -type f | sed 's,^,/usr/share/vmtune/,')
    for page in "$source"/data/man/*.in; do
        page=$(basename "$page" .in)
        echo "/usr/share/man/man${page##*.}/$page"
    done
    printf '/usr/share/man/man7/vmtune-%s.7\n' rules causes # written by the build
    printf '/usr/share/%s\n' bash-completion/completions/vmtune zsh/site-functions/_vmtune \
        fish/vendor_completions.d/vmtune.fish
    (cd "$source/data/systemd" && ls -- *.in) |
        sed "s,^,$(systemd_dir systemd_system_unit_dir systemd/system)/,; s/\.in$//"
    echo "$(systemd_dir tmpfiles_dir tmpfiles.d)/vmtune.conf"
    for po in "$source"/po/*.po; do
        [ ! -e "$po" ] || echo "/usr/share/locale/$(basename "$po" .po)/LC_MESSAGES/vmtune.mo"
    done
}
installed_files() { (cd "$dest" && find . ! -type d -printf '/%P\n'); }
# differences WANTED FOUND: of two lists
differences() { diff <(sort "$1") <(sort "$2"); }

# --- the three ways to install ---------------------------------------------------------------

check 'it can be configured as distributions do' logged meson setup build "$source" \
    --prefix=/usr --sysconfdir=/etc --localstatedir=/var --buildtype=release -Dtests=disabled
for hook in qemu qemu.d none; do
    check "hook=$hook: it installs" install_with $hook
    dest=$tmp/dest-$hook
    link=$hook
    [ $hook != qemu.d ] || link=qemu.d/50-vmtune
    [ $hook != none ] || link=
    expected_files $link >wanted
    installed_files >found
    check "hook=$hook: exactly what belongs to it is installed" differences wanted found
    check "hook=$hook: no program lies below /etc" bash -c '
        ! find "$0/etc" -type f -exec grep -lE "^(.ELF|#!)" {} + | grep .' "$dest"
    [ -n "$link" ] || continue
    check "hook=$hook: the hook is a link" test -L "$dest/etc/libvirt/hooks/$link"
    expect_eq "hook=$hook: to the program in sbin" "$dest/usr/sbin/vmtune-hook" \
        "$(readlink -f "$dest/etc/libvirt/hooks/$link")"
    check "hook=$hook: that would resolve in / as well" bash -c '
        [[ $(readlink "$0") != /* && $(realpath -ms "$1/$(readlink "$0")") = /usr/sbin/* ]]' \
        "$dest/etc/libvirt/hooks/$link" "$(dirname "/etc/libvirt/hooks/$link")"
    check "hook=$hook: and runs" bash -c '"$0" win10 made-up begin - </dev/null' \
        "$dest/etc/libvirt/hooks/$link"
done

# --- what is installed -----------------------------------------------------------------------

dest=$tmp/dest-qemu
check 'nothing that is installed knows where it was built' bash -c \
    '! grep -arlF -e "$0/build" -e "$0/dest" -e "$1" "$2" | grep .' "$tmp" "$source" "$dest"
for program in bin/vmtune sbin/vmtune-apply sbin/vmtune-hook; do
    check "$program searches no library folder of its own" bash -c \
        '! readelf -d "$0" | grep -E "R(UN)?PATH"' "$dest/usr/$program"
    check "$program may be run by all" test "$(stat -c %a "$dest/usr/$program")" = 755
done
check 'nothing that is installed can be written by others' bash -c \
    '! find "$0" ! -type l -perm /022 | grep .' "$dest"
check 'the configuration says nothing but the defaults' bash -c \
    '! grep -vE "^(#|\[|$)" "$0"' "$dest/etc/vmtune/vmtune.conf"


# --- installing again -------------------------------------------------------------------------

echo '# edited' >>"$dest/etc/vmtune/vmtune.conf"
check 'it installs over what is there' install_with qemu
check 'and keeps the configuration that was edited' grep -q '^# edited' "$dest/etc/vmtune/vmtune.conf"

# --- what it does -----------------------------------------------------------------------------

sample=$source/tests/e2e/win10.xml
run_installed() {
    VMTUNE_DATADIR=$dest/usr/share/vmtune VMTUNE_CONFDIR=$dest/etc/vmtune \
        "$dest/usr/bin/vmtune" "$@"
}
run_built() { VMTUNE_DATADIR=$source/data VMTUNE_CONFDIR=$source/data "$vmtune" "$@"; }
check 'the installed vmtune runs below DESTDIR' run_installed rules
check 'and knows its version' run_installed --version
version=$(run_installed --version | sed 's/^vmtune //')
expect_eq 'which is the one that NEWS begins with' "vmtune $version" "$(head -1 "$source/NEWS")"
[ ! -d "$source/debian" ] || # which the tarball lacks
    expect_eq 'and that of the packages' "$version-1" \
        "$(sed -n '1s/.*(\(.*\)).*/\1/p' "$source/debian/changelog")"
run_installed tune "$sample" >installed.xml
expect_eq 'it tunes a domain' 0 $?
check 'the vmtune in the build tree runs with the data of the source' run_built rules
run_built tune "$sample" >built.xml
expect_eq 'it tunes a domain too' 0 $?
check 'just like the installed one' cmp built.xml installed.xml
for page in "$dest"/usr/share/man/man*/*; do
    check "$(basename "$page") has nothing left to fill in" bash -c '! grep -n "@[a-z]*@" "$0"' \
        "$page"
done
finish
