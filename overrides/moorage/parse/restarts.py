"""Restart policies of containers."""

from __future__ import annotations

__all__ = ["restart"]

_NAMES = ("no", "always", "unless-stopped", "on-failure")


def restart(value: str) -> tuple[str, int]:
    """Read a restart policy, in the form of `docker run --restart`.

    Args:
        value: "no", "always", "unless-stopped", "on-failure" or "on-failure:3".

    Returns:
        The policy's name, and the number of attempts; 0 is without a limit.

    Raises:
        TypeError: It is not a str.
        ValueError: The policy is unknown.
    """
    if not isinstance(value, str):
        raise TypeError(f"restart is a str such as 'on-failure:3', not {type(value).__name__}")
    name, colon, count = value.partition(":")
    if name not in _NAMES:
        raise ValueError(f"{value!r:.100} is not a restart policy: write {', '.join(_NAMES)}")
    if not colon:
        return name, 0
    if name != "on-failure" or not (count.isascii() and count.isdigit()):
        raise ValueError(f"{value!r:.100}: a number of tries is for on-failure: 'on-failure:3'")
    return name, int(count)
