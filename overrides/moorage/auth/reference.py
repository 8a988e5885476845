"""References to images, as an engine reads them: registry, repository, tag and digest.

    reference   = [registry "/"] path [":" tag] ["@" digest]

The first part of a path is a registry if it could not be anything else. The grammar is that of
https://github.com/distribution/reference.
"""

from __future__ import annotations

import re
from typing import Self

from attrs import frozen

__all__ = ["Reference"]

_DEFAULT = "docker.io"
_OLD_DEFAULT = "index.docker.io"
_OFFICIAL = "library"
_LONGEST_PATH = 255

_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_REGISTRY = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?")
_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_PATH = re.compile(rf"{_PART}(?:/{_PART})*")
_TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}")
_DIGEST = re.compile(r"sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128}")
_ID = re.compile(r"(?:sha256:)?[a-f0-9]{64}")


@frozen
class Reference:
    """A reference to an image, with all that it leaves out filled in but the tag."""

    registry: str
    """Its host and port; "docker.io" is Docker Hub."""
    path: str
    tag: str | None = None
    digest: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Take a reference apart, by the grammar of engines and registries.

        "busybox" is "docker.io/library/busybox"; a tag that is left out stays so. The first part
        is a registry if it has a dot, a colon or a capital letter, or is "localhost".

        Raises:
            ValueError: It is malformed, or an image's ID.
            TypeError: It is not a str.
        """
        if not isinstance(text, str):
            raise TypeError(f"an image reference is a str, not {type(text).__name__}")
        if _ID.fullmatch(text):
            raise ValueError(
                f"{text!r} is an image's ID, which names no registry: give the image's name"
            )
        name, at, digest = text.partition("@")
        registry, rest = _split(name)
        path, colon, tag = rest.partition(":")
        for what, value, pattern in (
            ("registry", registry, _REGISTRY),
            ("repository", path, _PATH),
            ("tag", tag if colon else None, _TAG),
            ("digest", digest if at else None, _DIGEST),
        ):
            if value is not None and not pattern.fullmatch(value):
                raise _malformed(text, f"its {what} is malformed{_hint(what, value)}")
        if len(path) > _LONGEST_PATH:
            raise _malformed(text, f"its repository has more than {_LONGEST_PATH} characters")
        return cls(registry, path, tag if colon else None, digest if at else None)

    @property
    def name(self) -> str:
        """The registry and the path, without tag and digest."""
        return f"{self.registry}/{self.path}"

    def __str__(self) -> str:
        tag = "" if self.tag is None else f":{self.tag}"
        digest = "" if self.digest is None else f"@{self.digest}"
        return f"{self.name}{tag}{digest}"


def _split(name: str) -> tuple[str, str]:
    first, slash, rest = name.partition("/")
    named = first == "localhost" or first != first.lower() or not {".", ":"}.isdisjoint(first)
    if not (slash and named):
        first, rest = _DEFAULT, name
    if first in (_DEFAULT, _OLD_DEFAULT):
        return _DEFAULT, rest if "/" in rest else f"{_OFFICIAL}/{rest}"
    return first, rest


def _hint(what: str, value: str) -> str:
    return ", it has capital letters" if what == "repository" and value != value.lower() else ""


def _malformed(text: str, why: str) -> ValueError:
    form = "[registry/]repository[:tag][@digest]"
    return ValueError(f"{text!r:.300} is not an image reference, {form}: {why}")
