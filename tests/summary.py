#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""summary.py BUILD: counts what the last `meson test` ran, and ends with a line that says so.

A skipped test counts as a failure in CI unless it says which hardware it lacks."""
import glob
import os
import sys
import xml.etree.ElementTree as ElementTree


def newest_log(build):
    logs = glob.glob(os.path.join(build, "meson-logs", "testlog*.junit.xml"))
    if not logs:
        sys.exit(f"summary.py: no test log in {build}")
    return max(logs, key=os.path.getmtime)


def main(build):
    passed = failed = skipped = 0
    for case in ElementTree.parse(newest_log(build)).getroot().iter("testcase"):
        name = case.get("name") or "?"
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is not None:
            skipped += 1
            output = "".join(case.itertext())
            if os.environ.get("CI") and "hardware" not in name + output:
                print(f"skipped without naming the hardware it lacks: {name}")
                failed += 1
        else:
            passed += 1
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
