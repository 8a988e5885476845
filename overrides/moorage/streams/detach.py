"""The keys that end a session and leave its process running; without I/O."""

from __future__ import annotations

import base64
import binascii

from moorage.errors import InvalidAnswer

__all__ = ["DEFAULT", "detach_keys", "told_keys"]

DEFAULT = b"\x10\x11"
"""ctrl-p ctrl-q, which an engine takes where it was told none."""

# "ctrl-" with one of these is a control character, counted from ctrl-@, which is NUL.
_CONTROL = "@abcdefghijklmnopqrstuvwxyz[\\]^_"


def detach_keys(keys: str) -> bytes:
    """Encode keys as the engine's API has them, e.g. "ctrl-p,ctrl-q" or "q".

    Raises:
        ValueError: they are malformed.
    """
    if not keys:
        return DEFAULT
    codes = bytearray()
    for key in keys.split(","):
        control = key.removeprefix("ctrl-").lower()
        if len(key) == 1 and key.isascii():
            codes += key.encode()
        elif key.startswith("ctrl-") and len(control) == 1 and control in _CONTROL:
            codes.append(_CONTROL.index(control))
        else:
            raise ValueError(
                f"{key!r} is no detach key: give letters, or ctrl- and one of {_CONTROL}"
            )
    return bytes(codes)


def told_keys(told: object) -> bytes:
    """Decode keys as an engine tells them, in base64.

    Raises:
        InvalidAnswer: they are malformed.
    """
    if not told:
        return DEFAULT
    try:
        return base64.b64decode(str(told), validate=True)
    except binascii.Error:
        raise InvalidAnswer(f"the engine tells detach keys that can't be read: {told!r}") from None
