"""Specs from Debian's source package of the engine.

apt does the downloading and the checking of signatures, with a sources list and a state of its
own, so that any user can run it and the machine's own lists stay as they are. Where the package
comes from is taken from the machine's apt configuration at run time.
"""

from __future__ import annotations

import lzma
import os
import platform
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from generator.fetch.source import Deliver, Fail, without_secrets
from generator.versions import Pin
from moorage.private.sources import entries

__all__ = ["Debian"]

PACKAGE = "docker.io"
RELEASE = "28.5.2"
SUITE = "forky"
COMMIT = "89c5e8fd66634b6128fc4c0e6f1236e2540e46e0"
"""Commit that the package was built from; it holds only specs pinned there."""

APT_ETC = Path("/etc/apt")
APT_TOOLS = "/usr/lib/apt"  # apt-helper is here, which is not in PATH
SUITES = ("stable", "testing", "unstable", "oldstable", "sid")
TIMEOUT = 300

ORIGINAL = re.compile(r"^'(\S+)' (\S+\.orig\.tar\.xz) \d+ (SHA256:\w+)$", re.MULTILINE)
COMPLAINT = re.compile(r"^E: (.+)$", re.MULTILINE)


class _UnavailableError(Exception):
    """The package cannot be obtained; the message says why."""


class Debian:
    """The `.orig.tar.xz` of Debian's package, read once for all versions in it."""

    name = f"Debian's {PACKAGE} {RELEASE} source package"

    def read(self, wanted: Sequence[Pin], deliver: Deliver, fail: Fail) -> None:
        """Download the package's tarball if it has any of the wanted specs."""
        there = {f"/{pin.path}": pin for pin in wanted if pin.commit == COMMIT and not pin.url}
        for pin in wanted:
            if pin not in there.values():
                fail(pin, "does not hold this version")
        if not there:
            return
        try:
            with tempfile.TemporaryDirectory(prefix="moorage-apt-") as work:
                for path, data in _members(_original_tarball(Path(work)), set(there)):
                    deliver(there.pop(path), data)
        except _UnavailableError as error:
            reason = str(error)
        except (OSError, lzma.LZMAError, tarfile.TarError):
            reason = "its tarball cannot be read"
        else:
            reason = "is not in its tarball"
        for pin in there.values():
            fail(pin, reason)


def _members(tarball: Path, paths: set[str]) -> Iterator[tuple[str, bytes]]:
    """Yield the contents of the members whose names end in one of `paths`."""
    with tarfile.open(tarball, "r|xz") as archive:
        for member in archive:
            path = next((path for path in paths if member.name.endswith(path)), None)
            content = archive.extractfile(member) if path and member.isfile() else None
            if path and content:
                paths.discard(path)
                yield path, content.read()


def _original_tarball(work: Path) -> Path:
    """Download only the tarball that holds the specs.

    Raises:
        _UnavailableError: This machine has no apt, or apt cannot download it.
    """
    apt = shutil.which("apt-get")
    helper = shutil.which("apt-helper", path=f"{os.environ.get('PATH', '')}:{APT_TOOLS}")
    if not apt or not helper:
        raise _UnavailableError("this machine has no apt")
    reasons = []
    for number, repository in enumerate(_repositories()):
        folder = work / str(number)
        config = _configuration(folder, repository)
        environment = os.environ | {"APT_CONFIG": str(config), "LC_ALL": "C.UTF-8"}
        try:
            return _download(apt, helper, environment, folder / "original.tar.xz")
        except _UnavailableError as error:  # not every repository of the release is Debian's own
            reasons.append(str(error))
    raise _UnavailableError(next(iter(reasons), f"{APT_ETC} names no Debian repository"))


def _download(apt: str, helper: str, environment: dict[str, str], tarball: Path) -> Path:
    _run([apt, "update", "-q"], environment)
    files = _run([apt, "source", "--print-uris", "--only-source", PACKAGE], environment)
    for url, name, digest in ORIGINAL.findall(files):
        if not re.match(rf"{PACKAGE}_{RELEASE}\W", name):
            raise _UnavailableError(f"suite {SUITE} now has {name}")
        _run([helper, "download-file", url, str(tarball), digest], environment)
        return tarball
    raise _UnavailableError(f"suite {SUITE} has no such package")


def _configuration(work: Path, repository: dict[str, str]) -> Path:
    """Write a configuration for an apt that knows one repository and works in `work` alone."""
    for part in ("state/lists/partial", "cache/archives/partial"):
        (work / part).mkdir(parents=True)
    (work / "status").touch()  # to this apt, nothing is installed
    sources = work / "engine.sources"
    sources.write_text("".join(f"{k}: {v}\n" for k, v in repository.items()))
    config = work / "apt.conf"
    config.write_text(
        f'Dir::Etc::sourcelist "{sources}";\n'
        'Dir::Etc::sourceparts "/dev/null";\n'
        f'Dir::State "{work}/state";\n'
        f'Dir::State::status "{work}/status";\n'
        f'Dir::Cache "{work}/cache";\n'
        'Acquire::Languages "none";\n'
        'Acquire::Check-Valid-Until "false";\n'  # an old index does: the pin has the sha256
        'Acquire::Retries "0";\n'
        'Acquire::http::Timeout "10";\n'
        'Acquire::https::Timeout "10";\n'
        'APT::Sandbox::User "root";\n'  # apt's own user may not write in a private folder
        'APT::Update::Error-Mode "any";\n'
    )
    return config


def _repositories() -> Iterator[dict[str, str]]:
    """Yield the machine's entries for its release, changed to the package's suite."""
    try:
        codename = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    except OSError:
        codename = ""
    # A suite of security fixes or of updates has a longer name than its release's.
    for entry in entries(APT_ETC):
        released = {codename, SUITE, *SUITES}.intersection(entry.get("Suites", "").split())
        fetched = "URIs" in entry and "cdrom:" not in entry["URIs"]
        if released and fetched and "main" in entry.get("Components", "").split():
            yield entry | {"Types": "deb-src", "Suites": SUITE, "Components": "main"}


def _run(command: list[str], environment: dict[str, str]) -> str:
    """Run `command` and return its output.

    Raises:
        _UnavailableError: It failed; the message is its first error.
    """
    with subprocess.Popen(  # noqa: S603 - apt's own programs, no shell
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as process:
        try:
            output, complaints = process.communicate(timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            raise _UnavailableError("apt takes too long") from None
        finally:  # after Ctrl-C too: it must end before its folder is removed
            process.terminate()
            process.wait()
    if process.returncode != 0:
        complaint = COMPLAINT.search(complaints)
        reason = complaint[1] if complaint else f"exit status {process.returncode}"
        raise _UnavailableError(f"apt failed: {without_secrets(reason.strip())}")
    return output
