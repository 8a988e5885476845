"""Which engines can be had, and where from."""

__all__ = ["PODMAN", "RELEASES"]

RELEASES = {"20.10": "bookworm", "26.1": "trixie", "28.5": "forky"}
"""Docker's releases, with the Debian suite that has each."""

PODMAN = "podman"
"""The name of Podman's engine, which is Debian's oldest that is supported."""
