"""Program that runs in the new namespaces: prepare them for an engine, and become the engine.

    python inside.py FOLDER RUN LIBRARIES COMMAND…

FOLDER is the engine's own, RUN the one within it that is new at each start, LIBRARIES are folders
of shared libraries with colons between.

The process is the first of its process namespace: when it ends, the kernel ends all the rest.
Bare Debian has neither `ip` nor cgroup mounts everywhere, so both are done without.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")


def main(folder: Path, run: str, libraries: str, command: list[str]) -> None:
    """Set the namespaces up and execute `command` in them."""
    # The machine's /proc is still the one mounted here, so this is the pid as the machine sees it.
    (folder / run / "pid").write_text(Path("/proc/self").readlink().name)
    mount("-t", "proc", "proc", "/proc")
    loopback_up()
    if not CGROUPS.is_mount():
        mount_cgroups()
    add_libraries(folder / "ld.so.cache", libraries.split(os.pathsep))
    # containerd leaves sockets in /run and a folder in /opt, whatever its configuration, and Podman
    # leaves files in /var: here those are the namespace's own. It also hides the machine's systemd,
    # which must not manage this.
    needed = [folder, *map(Path, os.environ["PATH"].split(os.pathsep))]
    for place in ("/run", "/opt", "/var/lib", "/var/tmp"):  # noqa: S108
        if any(each.is_relative_to(place) for each in needed):
            continue
        if place.startswith("/var/"):  # too large for memory
            own = folder / place[1:]
            own.mkdir(parents=True, exist_ok=True)
            mount("--bind", str(own), place)
        else:
            mount("-t", "tmpfs", "tmpfs", place)
    os.execvp(command[0], command)  # noqa: S606 - becoming the engine is the point


def mount(*arguments: str) -> None:
    """Mount something in this mount namespace."""
    subprocess.run(["mount", "--no-mtab", *arguments], check=True)  # noqa: S603, S607


def add_libraries(cache: Path, libraries: list[str]) -> None:
    """Let every program here find `libraries`, by a loader's cache that lists them too.

    LD_LIBRARY_PATH would not do: the engine and runc re-execute themselves without it. A folder
    that has the C library of another release, and so a loader of its own, is laid over the
    machine's instead, in one step: the two don't work one without the other.
    """
    for folder in libraries:
        if Path(folder, "libc.so.6").exists():
            place = Path("/usr/lib", Path(folder).name)
            layers = f"lowerdir={folder}:{place}"
            mount("-t", "overlay", "overlay", "-o", layers, str(place))
            libraries = [each for each in libraries if each != folder]
    subprocess.run(["ldconfig", "-X", "-C", cache, *libraries], check=True)  # noqa: S603, S607
    mount("--bind", str(cache), "/etc/ld.so.cache")


def loopback_up() -> None:
    """Set the loopback device up: a new network namespace has it down."""
    siocgifflags, siocsifflags, up = 0x8913, 0x8914, 0x1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        name_and_flags = struct.pack("16sH14x", b"lo", 0)
        now = fcntl.ioctl(control, siocgifflags, name_and_flags)
        (flags,) = struct.unpack_from("H", now, 16)
        fcntl.ioctl(control, siocsifflags, struct.pack("16sH14x", b"lo", flags | up))


def mount_cgroups() -> None:
    """Mount the control groups: the second version, or the first where controllers are in use."""
    mount("-t", "cgroup2", "cgroup2", str(CGROUPS))
    if "memory" in (CGROUPS / "cgroup.controllers").read_text().split():
        return
    mount("-t", "tmpfs", "cgroup", str(CGROUPS))  # mounted over it, which hides the mount below
    for line in Path("/proc/cgroups").read_text().splitlines()[1:]:
        name, _hierarchy, _groups, enabled = line.split()
        if enabled == "1":
            place = CGROUPS / name
            place.mkdir()
            done = subprocess.run(  # noqa: S603
                ["mount", "--no-mtab", "-t", "cgroup", "-o", name, "cgroup", str(place)],  # noqa: S607
                check=False,
            )
            if done.returncode:  # a controller may be bound to another hierarchy
                place.rmdir()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:])
