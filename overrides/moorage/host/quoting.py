"""Show a host that may be malformed without any password in it."""

from __future__ import annotations

import re

__all__ = ["quoted", "veiled"]

_LONGEST = 100
_USER = re.compile(r"^([A-Za-z]+://)?.*@", re.DOTALL)
# After a colon that no port follows there may be a password whose "@" was forgotten; a query may
# hold a token.
_DOUBTFUL = re.compile(r"(:(?!//|[0-9]*(?:[:/\]]|$))|[?#]).*", re.DOTALL)


def quoted(host: str) -> str:
    """Quote a host for an error: without credentials, escaped, and not too long."""
    text = _DOUBTFUL.sub(lambda match: match[0][0] + "…", _USER.sub(r"\1…@", host))
    return repr(text if len(text) <= _LONGEST else text[:_LONGEST] + "…")


class _Veiled(str):
    """A host whose repr shows no password, for the locals in a traceback."""

    __slots__ = ()

    def __repr__(self) -> str:
        return quoted(self)


def veiled(host: str) -> str:
    """Return the same host, whose repr shows no password.

    Raises:
        TypeError: It is not a str.
    """
    if not isinstance(host, str):
        raise TypeError(
            f"host takes a str, such as unix:///run/docker.sock, not {type(host).__name__}"
        )
    return _Veiled(host)
