#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""test-readme.py VMTUNE README: runs the commands of the README's transcript ("What it looks like") from
the top of the tree, and compares: a line "..." stands for any lines, and what follows a command up to
the next is all that it prints."""
import os
import re
import subprocess
import sys


def transcript(text):
    """[(command, wanted lines)] of the first block of "What it looks like"."""
    block = re.search(r"^## What it looks like\n+```\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert block, "the README has no transcript"
    steps = []
    for line in block[1].splitlines():
        if line.startswith("$ "):
            steps.append((line[2:], []))
        else:
            steps[-1][1].append(line)
    return steps


def pattern(lines):
    parts = [r"(?:.*\n)*?" if line == "..." else re.escape(line) + r"\n" for line in lines]
    return re.compile("".join(parts))


def run(command, vmtune, top):
    environment = dict(os.environ, LC_ALL="C.UTF-8", VMTUNE_DATADIR=os.path.join(top, "data"),
                       VMTUNE_CONFDIR=os.path.join(top, "no-configuration"),
                       PATH=os.path.dirname(vmtune) + ":" + os.environ["PATH"])
    result = subprocess.run(command, shell=True, cwd=top, env=environment, text=True, timeout=60,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return result.stdout


def main(vmtune, readme):
    vmtune, readme = os.path.realpath(vmtune), os.path.realpath(readme)
    with open(readme, encoding="utf-8") as file:
        steps = transcript(file.read())
    failures = 0
    for number, (command, wanted) in enumerate(steps, 1):
        printed = run(command, vmtune, os.path.dirname(readme))
        fits = pattern(wanted).fullmatch(printed)
        failures += not fits
        print(f"{'ok' if fits else 'not ok'} {number} - the README shows what is printed: {command}")
        if not fits:
            print("\n".join(f"# {line}" for line in printed.splitlines()))
    print(f"1..{len(steps)}")
    return 1 if failures or not steps else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
