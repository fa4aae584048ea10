#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""terminal.py [--type TEXT] [--stdout FILE] COMMAND...: runs COMMAND on a terminal of its own, types
TEXT once it is asked "[y/N]", and prints all that the terminal was sent, byte for byte. --stdout sends standard output to FILE
instead. The exit code is COMMAND's, 128 and the signal's number where one ended it."""
import argparse
import os
import pty
import sys


def child(arguments):
    if arguments.stdout:
        out = os.open(arguments.stdout, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(out, 1)
    os.environ.setdefault("TERM", "xterm")
    os.execvp(arguments.command[0], arguments.command)


def copy_all(terminal, answer):
    shown = b""
    while True:
        try:
            data = os.read(terminal, 65536)
        except OSError:  # Linux says that nobody has the other end any more
            return
        if not data:
            return
        if b"[y/N]" not in shown and b"[y/N]" in shown + data:
            os.write(terminal, answer)
        shown += data
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--type", default="")
    parser.add_argument("--stdout")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    pid, terminal = pty.fork()
    if pid == 0:
        child(arguments)
    copy_all(terminal, arguments.type.encode())
    status = os.waitpid(pid, 0)[1]
    sys.exit(128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))


if __name__ == "__main__":
    main()
