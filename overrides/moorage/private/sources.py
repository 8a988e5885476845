"""Find the Debian repositories in this machine's apt configuration."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from moorage.private.errors import PrivateEngineError

__all__ = ["entries", "one_liners", "os_release", "paragraphs", "repository"]

APT_ETC = Path("/etc/apt")
OTHER_NAMES = ("stable", "testing", "oldstable", "unstable", "sid")


def os_release() -> dict[str, str]:
    """Return the fields of /etc/os-release, none where there is no such file."""
    try:
        lines = Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    pairs = (line.partition("=") for line in lines)
    return {key: value.strip().strip("\"'") for key, _, value in pairs}


def repository(suite: str) -> dict[str, str]:
    """Return the machine's own entry for Debian's main repository, with `suite` put in.

    Raises:
        PrivateEngineError: The configuration of apt names no such repository.
    """
    names = (os_release().get("VERSION_CODENAME", ""), *OTHER_NAMES)
    known = [entry for entry in entries() if "main" in entry.get("Components", "").split()]
    for name in names:
        for entry in known:
            fetched = "deb" in entry.get("Types", "").split() and "cdrom:" not in entry["URIs"]
            if fetched and name in entry.get("Suites", "").split():
                return entry | {"Types": "deb", "Suites": suite, "Components": "main"}
    raise PrivateEngineError(f"{APT_ETC} names no Debian repository to take packages from")


def entries(etc: Path = APT_ETC) -> Iterator[dict[str, str]]:
    """Yield the repositories that apt is set up with, in the fields of a deb822 paragraph.

    Args:
        etc: The folder of apt's configuration.
    """
    parts = etc / "sources.list.d"
    lists = [etc / "sources.list", *sorted(parts.glob("*.list"))]
    for path in [*sorted(parts.glob("*.sources")), *lists]:
        if not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        read = paragraphs(text) if path.suffix == ".sources" else one_liners(text)
        yield from (entry for entry in read if "URIs" in entry)


def paragraphs(text: str) -> Iterator[dict[str, str]]:
    """Read a `.sources` file."""
    entry: dict[str, str] = {}
    last = ""
    for line in [*text.splitlines(), ""]:
        if line.startswith("#"):
            continue
        if not line.strip():
            if entry and entry.get("Enabled", "yes").lower() not in ("no", "false"):
                yield entry
            entry, last = {}, ""
        elif line[0].isspace():  # a key that stands in the file itself goes on
            entry[last] = f"{entry.get(last, '')}\n{line}"
        else:
            last, _, value = line.partition(":")
            entry[last] = value.strip()


def one_liners(text: str) -> Iterator[dict[str, str]]:
    """Read a `.list` file: `deb [option=value …] address suite component …`."""
    for line in text.splitlines():
        kind, _, rest = line.partition("#")[0].strip().partition(" ")
        rest = rest.strip()
        options = ""
        if rest.startswith("["):
            options, _, rest = rest[1:].partition("]")
        words = rest.split()
        if len(words) > 2:
            address, suite, *components = words
            yield {
                "Types": kind,
                "URIs": address,
                "Suites": suite,
                "Components": " ".join(components),
            } | {
                key.title(): value.replace(",", " ")
                for key, _, value in (option.partition("=") for option in options.split())
                if key in ("signed-by", "trusted", "check-valid-until", "check-date")
            }
