# SPDX-License-Identifier: LGPL-2.1-or-later
"""How long programs take, and how many instructions."""
import os
import re
import shutil
import statistics
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
DOMAIN = os.path.join(HERE, "windows-10k.xml")


def run_once(command, path):
    with open(path, "rb") as domain:
        start = time.perf_counter()
        subprocess.run(command, stdin=domain, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=False)
        return time.perf_counter() - start


def medians(programs, rounds, path=DOMAIN):
    times = {name: [] for name in programs}
    for _ in range(rounds):
        for name, command in programs.items():
            times[name].append(run_once(command, path))
    return {name: statistics.median(values) for name, values in times.items()}


def instructions(command, path=DOMAIN):
    if not shutil.which("valgrind"):
        return None
    with open(path, "rb") as domain:
        result = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
                                 *command], stdin=domain, stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, text=True, check=False)
    found = re.search(r"Collected : (\d+)", result.stderr)
    return int(found.group(1)) if found else None
