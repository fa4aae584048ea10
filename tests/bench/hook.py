# SPDX-License-Identifier: LGPL-2.1-or-later
"""What each operation of the hook costs, beside the floor and beside what people use in its place."""
import os
import re
import shutil
import statistics
from typing import NamedTuple

from measure import DOMAIN, instructions, run_once

ROUNDS = 200

BASH_HOOK = 'xml=$(cat); for w in type name uuid vcpu disk; do grep -q "$w" <<<"$xml"; done'
PYTHON_HOOK = ("import sys, xml.etree.ElementTree as E; d = E.parse(sys.stdin);"
               "[d.findall(p) for p in ('name', 'uuid', 'vcpu', 'devices/disk')]")
VIRT_XML = ["virt-xml", "--connect", "test:///default", "--edit", "--features",
            "hyperv_relaxed=on", "--print-diff"]
MOST_INSTRUCTIONS, MOST_FLOORS = 8_000_000, 1.5
FLOOR = "the floor: parse, 60 XPath, serialise"


class Program(NamedTuple):
    command: list
    path: str = DOMAIN
    policy: str = "apply"
    every: int = 1  # takes its turn only every so many rounds
    counted: bool = True  # its instructions mean something: it is not an interpreter's


def write_policy(prefix, policy):
    path = os.path.join(prefix, "etc/vmtune/vmtune.conf")
    with open(path, "w", encoding="utf-8") as config:
        config.write(f"[policy]\ndefault = {policy}\n")


def pinned_domain(build, name, cpus):
    """The domain with a pin for each vCPU, on those CPUs."""
    with open(DOMAIN, encoding="utf-8") as domain:
        text = domain.read()
    count = int(re.search(r"<vcpu[^>]*>(\d+)<", text).group(1))
    pins = "".join(f"<vcpupin vcpu='{i}' cpuset='{cpus(i)}'/>" for i in range(count))
    path = os.path.join(build, f"pinned-{name}.xml")
    with open(path, "w", encoding="utf-8") as domain:
        domain.write(text.replace("</vcpu>", f"</vcpu><cputune>{pins}</cputune>", 1))
    return path


def others():
    yield "a bash hook with five greps", Program(["bash", "-c", BASH_HOOK], counted=False)
    yield "a Python hook with etree", Program(["python3", "-c", PYTHON_HOOK], counted=False)
    if shutil.which("virt-xml"):
        yield "virt-xml --print-diff", Program(VIRT_XML, every=20, counted=False)


def operations(build, hook):
    """In the order in which a guest's life has them: a release finds what started recorded."""
    sound = pinned_domain(build, "sound", lambda vcpu: 0)
    absent = pinned_domain(build, "absent", lambda vcpu: 5000 + vcpu)

    def call(operation, path=DOMAIN, policy="apply"):
        return Program([hook, "win10", operation, "begin", "-"], path, policy)

    for policy in ("off", "observe", "apply", "enforce"):
        yield f"hook: prepare, policy {policy}", call("prepare", policy=policy)
    yield "hook: start", call("start")
    yield "hook: started, without pins", call("started")
    yield "hook: started, with pins", call("started", sound)
    yield "hook: reconnect", call("reconnect", sound)
    for operation in ("migrate", "restore"):
        yield f"hook: {operation}, without pins", call(operation)
        yield f"hook: {operation}, sound pins", call(operation, sound)
        yield f"hook: {operation}, absent pins", call(operation, absent)
    yield "hook: stopped", call("stopped")
    yield "hook: release", call("release", sound)
    yield "hook: attach, or unknown", call("attach")


def measure(programs, prefix):
    times = {name: [] for name in programs}
    policy = None
    for number in range(ROUNDS):
        for name, program in programs.items():
            if number % program.every:
                continue
            if program.policy != policy:
                policy = program.policy
                write_policy(prefix, policy)
            times[name].append(run_once(program.command, program.path))
    return {name: statistics.median(values) for name, values in times.items()}


def report(name, seconds, floor, count):
    millions = f"{count / 1e6:6.2f} M instructions" if count else ""
    print(f"  {name:38} {seconds * 1000:7.2f} ms  {seconds / floor:6.2f} x floor  {millions}")


def bench_hook(build):
    prefix = os.path.join(build, "inst")
    hook = os.path.join(prefix, "sbin/vmtune-hook")
    programs = {FLOOR: Program([os.path.join(build, "tests/bench-floor")])}
    programs.update(others())
    programs.update(operations(build, hook))
    print(f"The hook, whole process, {os.path.getsize(DOMAIN)} bytes of XML, "
          f"medians of {ROUNDS} runs in turn:")
    found = measure(programs, prefix)
    for name, seconds in found.items():
        program = programs[name]
        write_policy(prefix, program.policy)
        count = instructions(program.command, program.path) if program.counted else None
        report(name, seconds, found[FLOOR], count)
    print(f"  wanted: at most {MOST_INSTRUCTIONS / 1e6:.0f} M instructions and {MOST_FLOORS} x floor")
    write_policy(prefix, "apply")
    if not shutil.which("virt-xml"):
        print("  virt-xml is not installed (package virtinst): not measured")
