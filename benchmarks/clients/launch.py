"""Run a program and measure it as a whole, from a process that is small itself.

    python -I -S launch.py OUTPUT PROGRAM [ARGUMENT…]

Its output goes to a file. Prints JSON: seconds, those of the processor (user and system, its own
processes' too), and its peak memory in bytes. The kernel counts a program's memory from before it
was loaded, when it was still a copy of the process that started it; hence the small one.
"""

from __future__ import annotations

import json
import os
import sys
import time


def main() -> int:
    """Run, measure and print."""
    output, *command = sys.argv[1:]
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    actions = [(os.POSIX_SPAWN_OPEN, 1, output, flags, 0o600)]
    start = time.perf_counter()
    child = os.posix_spawn(command[0], command, os.environ, file_actions=actions)
    _, status, used = os.wait4(child, 0)
    seconds = time.perf_counter() - start
    print(json.dumps([seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024]))
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main())
