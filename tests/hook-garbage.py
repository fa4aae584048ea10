#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""hook-garbage.py HOOK DOMAIN.xml ROUNDS [SEED]: feeds garbage to HOOK as libvirt would on
reconnect, and demands that it ends with 0 and prints nothing, each time: anything else would cost
a running guest its life. What failed is kept in the folder it runs in.

The garbage is the domain cut, bitten and doubled, markup without end, random bytes, much too much,
nothing, and standard input that is closed; the same for the same seed."""
import os
import random
import signal
import sys
import time


def words(rng):
    """Markup that goes nowhere."""
    parts = [b"<", b">", b"</", b"/>", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"<?", b"&#x",
             b"&lt;", b"<domain", b"<uuid>", b"</uuid>", b"<vcpupin ", b"cpuset='^", b"'",
             b"0-99999999999999999999,^", b"\xff\xfe", b"\0", b"xmlns:a='", b"<!DOCTYPE d [", b"%s%n"]
    return b"".join(rng.choices(parts, k=rng.randrange(1, 400)))


def bitten(rng, domain):
    """The domain with some of its bytes replaced, doubled or gone."""
    result = bytearray(domain)
    for _ in range(rng.randrange(1, 40)):
        at = rng.randrange(len(result))
        match rng.randrange(3):
            case 0:
                result[at] = rng.randrange(256)
            case 1:
                result[at:at] = result[at:at + rng.randrange(1, 300)]
            case 2:
                del result[at:at + rng.randrange(1, 30)]
        result = result or bytearray(b"<")
    return bytes(result)


def garbage(rng, domain):
    return rng.choice([
        lambda: domain[:rng.randrange(len(domain))],
        lambda: bitten(rng, domain),
        lambda: bitten(rng, domain),
        lambda: words(rng),
        lambda: rng.randbytes(rng.randrange(5000)),
        lambda: domain.replace(b"cpuset='", b"cpuset='%d,^" % rng.randrange(1 << 40)),
        lambda: b"<a>" * rng.randrange(20000),
        lambda: b"",
    ])()


class Run:
    """One hook with its garbage."""

    def __init__(self, hook, number, data):
        self.number, self.data = number, data
        self.path, self.printed = f"in.{number}", f"out.{number}"
        with open(self.path, "wb") as file:
            file.write(data or b"")
        actions = [(os.POSIX_SPAWN_OPEN, 1, self.printed, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
                   (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)]
        if data is None:
            actions.append((os.POSIX_SPAWN_CLOSE, 0))
        else:
            actions.append((os.POSIX_SPAWN_OPEN, 0, self.path, os.O_RDONLY, 0))
        self.pid = os.posix_spawn(hook, [hook, "guest", "reconnect", "begin", "-"], {"LC_ALL": "C"},
                                  file_actions=actions)

    def fails(self, status):
        """What is wrong with it, if anything is; its input is kept then."""
        size = os.stat(self.printed).st_size
        os.unlink(self.printed)
        if status == 0 and size == 0:
            os.unlink(self.path)
            return None
        return f"{self.path}: wait status {status}, {size} bytes printed"


def inputs(rng, domain, rounds):
    for number in range(rounds):
        if number % 1000 == 0:
            yield number, b"<a>" + b"x" * (1 << 26)     # more than any domain
        elif number % 100 == 1:
            yield number, None                          # closed
        else:
            yield number, garbage(rng, domain)


def main(hook, domain_file, rounds, seed="1"):
    signal.alarm(300)
    rng = random.Random(int(seed))
    with open(domain_file, "rb") as file:
        domain = file.read()
    start, running, failures, done = time.monotonic(), {}, [], 0

    def reap():
        pid, status = os.wait()
        failures.append(running.pop(pid).fails(status))

    for number, data in inputs(rng, domain, int(rounds)):
        if len(running) >= 2 * os.cpu_count():
            reap()
        run = Run(hook, number, data)
        running[run.pid] = run
    while running:
        reap()
    wrong = [failure for failure in failures if failure]
    print(f"{len(failures)} runs, {len(wrong)} wrong, {time.monotonic() - start:.1f} s, seed {seed}",
          *wrong[:5], sep="\n")
    sys.exit(bool(wrong) or len(failures) != int(rounds))


if __name__ == "__main__":
    main(*sys.argv[1:])
