"""Debian's packages, unpacked into a folder beside the project; nothing is installed.

apt does the downloading and the checking of signatures, with a sources list and a state of its
own, so that a suite other than the machine's can be obtained and the machine's lists stay as they
are. Where the packages come from is taken from the machine's own apt configuration at run time.
"""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from moorage.private.errors import PrivateEngineError
from moorage.private.sources import os_release, repository

__all__ = ["CODENAME", "busybox", "engines_folder", "machine_is_debian", "unpacked"]

CODENAME = "bookworm"
"""The suite of everything that does not have to be of another: the oldest the engines run on."""


def machine_is_debian() -> bool:
    """Return whether this machine is Debian, with apt and dpkg."""
    tools = shutil.which("apt-get") and shutil.which("dpkg")
    return bool(tools) and os_release().get("ID") == "debian"


def engines_folder(folder: Path | None) -> Path:
    """Return the folder that packages are unpacked into, `.engines` here unless one is named.

    Raises:
        PrivateEngineError: The folder belongs to another user, whose programs must not be run.
    """
    chosen = (folder or Path(".engines")).absolute()
    if chosen.exists() and chosen.stat().st_uid not in (0, os.geteuid()):
        raise PrivateEngineError(f"{chosen} is another user's: remove it, or run this elsewhere")
    return chosen


def unpacked(
    folder: Path, name: str, suite: str, packages: Iterable[str], *, whole: bool = False
) -> Path:
    """Return `folder/name`, where `packages` of `suite` are unpacked; unpack them if needed.

    With `whole`, all their dependencies are unpacked too, whatever this machine has. The folder
    appears at once and complete, so that an interrupted run leaves nothing half done and two runs
    at a time do not disturb each other.

    Raises:
        PrivateEngineError: The machine is not Debian, or apt cannot fetch the packages.
    """
    tree = folder / name
    if tree.is_dir():
        return tree
    if not machine_is_debian():
        raise PrivateEngineError("packages are unpacked with apt-get and dpkg, on Debian only")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=folder) as work:
            new = Path(work) / "tree"
            new.mkdir(mode=0o755)
            for package in _download(Path(work), suite, packages, whole=whole):
                _run(["dpkg", "-x", str(package), str(new)], hint="is the disk full?")
            new.rename(tree)
    except OSError as error:
        if not tree.is_dir():  # else another run was faster; its tree is the same
            raise PrivateEngineError(f"nothing can be unpacked into {folder}: {error}") from error
    return tree


def busybox(folder: Path | None = None) -> Path:
    """Return a statically linked busybox: the machine's, or Debian's, unpacked into `folder`.

    Raises:
        PrivateEngineError: The machine has no static busybox, and Debian's cannot be downloaded.
    """
    found = shutil.which("busybox")
    if found and _is_static(Path(found)):
        return Path(found)
    if not machine_is_debian():
        raise PrivateEngineError("no statically linked busybox in PATH: install busybox-static")
    tree = unpacked(engines_folder(folder), "busybox", CODENAME, ["busybox-static"])
    return next(path for path in (tree / "bin/busybox", tree / "usr/bin/busybox") if path.exists())


def _download(work: Path, suite: str, packages: Iterable[str], *, whole: bool) -> list[Path]:
    """Fetch `packages` of `suite` into a folder under `work`, with dependencies if `whole`."""
    for part in ("state/lists/partial", "cache/archives/partial", "debs"):
        (work / part).mkdir(parents=True)
    (work / "status").touch()  # to this apt, nothing is installed
    sources = work / "engine.sources"
    sources.write_text("".join(f"{k}: {v}\n" for k, v in repository(suite).items()))
    config = work / "apt.conf"
    config.write_text(
        f'Dir::Etc::sourcelist "{sources}";\n'
        'Dir::Etc::sourceparts "/dev/null";\n'
        f'Dir::State "{work}/state";\n'
        f'Dir::State::status "{work}/status";\n'
        f'Dir::Cache "{work}/cache";\n'
        'Acquire::Languages "none";\n'
        'Acquire::Check-Valid-Until "false";\n'  # a frozen mirror does for tests: it is signed too
        'APT::Sandbox::User "root";\n'  # apt's own user may not write where the project is
        'APT::Update::Error-Mode "any";\n'
    )
    environment = os.environ | {"APT_CONFIG": str(config), "LC_ALL": "C.UTF-8"}
    hint = f"can this machine reach its Debian repository, and has that one the suite {suite}?"
    _run(["apt-get", "update", "-q"], hint=hint, env=environment)
    if whole:
        install = ["install", "--download-only", "--yes", "--no-install-recommends"]
        _run(["apt-get", *install, "-q", *packages], hint=hint, env=environment)
        return sorted((work / "cache/archives").glob("*.deb"))
    debs = work / "debs"
    _run(["apt-get", "download", "-q", *packages], hint=hint, env=environment, cwd=debs)
    return sorted(debs.glob("*.deb"))


def _run(
    command: list[str],
    *,
    hint: str,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> None:
    """Run `command`; its last message becomes the error."""
    done = subprocess.run(  # noqa: S603 - fixed programs, no shell
        command,
        env=env,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        lines = done.stdout.strip().splitlines()
        complaints = [line for line in lines if line.startswith(("E:", "dpkg"))] or lines
        reason = complaints[0] if complaints else f"exit status {done.returncode}"
        raise PrivateEngineError(f"{' '.join(command[:2])} failed: {reason} ({hint})")


def _is_static(program: Path) -> bool:
    """Return whether an ELF program names no dynamic loader, and so runs in an empty image."""
    with program.open("rb") as file:
        header = file.read(64)
        if header[:5] != b"\x7fELF\x02":  # 64 bits; anything else is left alone
            return False
        order = "<" if header[5] == 1 else ">"
        (start,) = struct.unpack_from(f"{order}Q", header, 32)
        size, count = struct.unpack_from(f"{order}HH", header, 54)
        file.seek(start)
        table = file.read(size * count)
    loader = 3  # PT_INTERP
    kinds = (struct.unpack_from(f"{order}I", table, size * at)[0] for at in range(count))
    return loader not in kinds
