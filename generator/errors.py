"""Errors that end the generator with a message for its user."""

from __future__ import annotations

__all__ = ["BuildError", "InterruptedBuildError"]


class BuildError(Exception):
    """A clear one-line message for the user."""

    exit_code = 1


class InterruptedBuildError(BuildError):
    """The user stopped the work; the message says where, and how to go on."""

    exit_code = 130  # a shell's status of a program that Ctrl-C ended
