#!/bin/bash
# Proves what the end-to-end tests stand on: that the private libvirtd is one, that the
# stand-in passes for KVM, and that hooks are called as on a real host.
#
#   test-harness.sh

set -u
. "$(dirname "$0")/lib.sh"
run_inside "$@"

hooks=/etc/libvirt/hooks
calls=$tmp/hook-calls

all_enlightenments="
<hyperv>
  <relaxed state='on'/>
  <vapic state='on'/>
  <spinlocks state='on' retries='8191'/>
  <vpindex state='on'/>
  <runtime state='on'/>
  <synic state='on'/>
  <stimer state='on'><direct state='on'/></stimer>
  <reset state='on'/>
  <frequencies state='on'/>
  <reenlightenment state='on'/>
  <tlbflush state='on'/>
  <ipi state='on'/>
  <evmcs state='on'/>
  <avic state='on'/>
</hyperv>"
tuned_timers="<timer name='hypervclock' present='yes'/><timer name='hpet' present='no'/>"

# --- helpers of this test --------------------------------------------------------------

# record_hook FILE: makes a hook that notes its operations in $calls.DOMAIN.
record_hook() {
    cat >"$1" <<END
#!/bin/sh
echo "\$2" >>"$calls.\$1"
END
    chmod +x "$1"
}

# calls_of DOMAIN: the operations noted since the last question, on one line.
calls_of() {
    xargs <"$calls.$1"
    rm -f "$calls.$1"
}

# start_and_destroy DOMAIN
start_and_destroy() { virsh start "$1" && virsh destroy "$1"; } >/dev/null

# affinity_of THREAD_ID
affinity_of() { awk '/^Cpus_allowed_list/ { print $2 }' "/proc/$1/status"; }

# vcpu_thread DOMAIN VCPU
vcpu_thread() {
    local task
    for task in "/proc/$(qemu_pid "$1")/task"/*; do
        [ "$(cat "$task/comm")" != "CPU $2/TCG" ] || basename "$task"
    done
}

proxies() { pgrep -c -x kvm-standin; }
# shellcheck disable=SC2317  # called by wait_until
no_proxy_left() { [ "$(proxies)" = 0 ]; }

# --- the private libvirtd --------------------------------------------------------------

libvirtd_pid=$(cat /run/libvirtd.pid)
expect_eq "libvirtd runs in the namespace of the test" \
    "$(readlink /proc/self/ns/mnt)" "$(readlink "/proc/$libvirtd_pid/ns/mnt")"
expect_eq "its state is on a tmpfs" "tmpfs tmpfs tmpfs" \
    "$(stat -f -c %T /etc/libvirt /var/lib/libvirt /var/cache/libvirt | xargs)"
expect_eq "it knows no domain and no network" "" \
    "$(virsh list --all --name)$(virsh net-list --all --name)"
expect_eq "it has no hooks" "" "$(ls $hooks)"
expect_eq "it sees no cgroups of the host" "" "$(findmnt -n -t cgroup,cgroup2)"
expect_eq "/dev/kvm is a mere file" "regular empty file" "$(stat -c %F /dev/kvm)"
expect_eq "only the loopback network is there" "lo" \
    "$(ip -brief link | awk '{ print $1 }' | xargs)"

# --- a domain under TCG ----------------------------------------------------------------

check "a TCG domain is defined" define_tcg_domain tcg
check "a TCG domain starts within a minute" timeout 60 virsh start tcg
check "it is saved" virsh save tcg "$tmp/tcg.save"
check "it is restored" virsh restore "$tmp/tcg.save"
expect_eq "it runs after that" running "$(virsh domstate tcg | head -1)"
check "it is destroyed" virsh destroy tcg

# --- a domain of type kvm --------------------------------------------------------------

domain_capabilities=$(virsh domcapabilities --virttype kvm --machine q35 --emulatorbin $standin)
listed=$(xmllint --xpath '//hyperv/enum/value/text()' - <<<"$domain_capabilities" | xargs)
missing=
for name in relaxed vapic spinlocks vpindex runtime synic stimer reset vendor_id \
    frequencies reenlightenment tlbflush ipi evmcs avic; do
    [[ " $listed " = *" $name "* ]] || missing+=" $name"
done
expect_eq "the domain capabilities list the enlightenments" "" "$missing"

check "a bare Windows domain is defined" define_kvm_windows_domain bare
check "it starts" virsh start bare
expect_eq "its -cpu has nothing of Hyper-V" host,migratable=on \
    "$(asked_argv bare | grep -A1 -x -e -cpu | tail -1)"

check "a Windows domain with every enlightenment is defined" \
    define_kvm_windows_domain tuned http://microsoft.com/win/10 \
    "$all_enlightenments" "$tuned_timers"
check "it starts beside the other" virsh start tuned
expect_eq "its -cpu has every enlightenment" \
    "host,migratable=on,hv-time=on,hv-relaxed=on,hv-vapic=on,hv-spinlocks=0x1fff,\
hv-vpindex=on,hv-runtime=on,hv-synic=on,hv-stimer=on,hv-stimer-direct=on,hv-reset=on,\
hv-frequencies=on,hv-reenlightenment=on,hv-tlbflush=on,hv-ipi=on,hv-evmcs=on,hv-avic=on" \
    "$(asked_argv tuned | grep -A1 -x -e -cpu | tail -1)"
expect_eq "each of the two has its proxy" 2 "$(proxies)"
check "libvirt asked for KVM" grep -qx kvm <(asked_argv tuned)
check "libvirt asked for no HPET" grep -qxE -e '-no-hpet|.*hpet=off.*' <(asked_argv tuned)
expect_eq "its VNC password is kept" 1 \
    "$(virsh dumpxml tuned --security-info --inactive | grep -c "passwd='secret'")"

check "a vCPU is pinned live" virsh vcpupin tuned 2 1 --live
expect_eq "its thread is on that CPU" 1 "$(affinity_of "$(vcpu_thread tuned 2)")"
check "the emulator is pinned live" virsh emulatorpin tuned 0 --live
expect_eq "its thread is on that CPU" 0 "$(affinity_of "$(qemu_pid tuned)")"

check "a Windows domain is saved" virsh save tuned "$tmp/tuned.save"
check "it is restored" virsh restore "$tmp/tuned.save"
check "it is destroyed" virsh destroy tuned
check "the other is shut down by its own monitor" \
    virsh qemu-monitor-command bare '{"execute":"quit"}'
wait_until 5 no_proxy_left
check "no proxy outlives its guest" no_proxy_left
expect_eq "no proxy complained" "" "$(cat /run/qemu-kvm-standin/proxy.log)"

# --- hooks -----------------------------------------------------------------------------

record_hook $hooks/qemu
start_and_destroy tcg
check "a hook that libvirtd has not looked for is not called" test ! -e $calls.tcg
check "libvirtd looks again when told to" e2e-reload
expect_eq "and leaves no trace of that" qemu "$(ls $hooks)"
start_and_destroy tcg
expect_eq "then the hook is called, in order" \
    "prepare start started stopped release" "$(calls_of tcg)"

virsh start bare >/dev/null
calls_of bare >/dev/null
check "another libvirtd takes over" e2e-restart-libvirtd
expect_eq "the hook is told of the running guest" reconnect "$(calls_of bare)"
expect_eq "the guest goes on running" running "$(virsh domstate bare | head -1)"
check "the new libvirtd commands it" virsh qemu-monitor-command bare '{"execute":"query-status"}'

virsh save bare "$tmp/bare.save" >/dev/null
calls_of bare >/dev/null
virsh restore "$tmp/bare.save" >/dev/null
expect_eq "restoring calls it as a filter first" \
    "restore prepare start started" "$(calls_of bare)"
virsh destroy bare >/dev/null

mv $hooks/qemu "$tmp/hook"
ln -s "$tmp/hook" $hooks/qemu
e2e-restart-libvirtd
start_and_destroy tcg
expect_eq "a symbolic link as hooks/qemu is followed" \
    "prepare start started stopped release" "$(calls_of tcg)"

rm $hooks/qemu
mkdir $hooks/qemu.d
ln -s "$tmp/hook" $hooks/qemu.d/50-x
e2e-restart-libvirtd
start_and_destroy tcg
expect_eq "a symbolic link in hooks/qemu.d is followed" \
    "prepare start started stopped release" "$(calls_of tcg)"

finish
