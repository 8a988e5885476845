"""The keys that detach a session from its process."""

from __future__ import annotations

__all__ = ["DETACH_KEYS", "detach_keys"]

DETACH_KEYS = b"\x10\x11"
"""ctrl-p ctrl-q, the engine's default."""

# "ctrl-" with one of these is a control character, counted from ctrl-@, which is NUL.
_CONTROL = "@abcdefghijklmnopqrstuvwxyz[\\]^_"


def detach_keys(keys: str) -> bytes:
    """Encode keys in the form of the engine's API, e.g. "ctrl-p,ctrl-q" or "q".

    Raises:
        ValueError: They are malformed.
    """
    if not keys:
        return DETACH_KEYS
    codes = bytearray()
    for key in keys.split(","):
        control = key.removeprefix("ctrl-").lower()
        if len(key) == 1 and key.isascii():
            codes += key.encode()
        elif key.startswith("ctrl-") and len(control) == 1 and control in _CONTROL:
            codes.append(_CONTROL.index(control))
        else:
            raise ValueError(
                f"{key!r} is not a detach key: give letters, or ctrl- and one of {_CONTROL}"
            )
    return bytes(codes)
