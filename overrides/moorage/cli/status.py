"""The exit statuses of all verbs."""

from __future__ import annotations

__all__ = ["CLOSED_PIPE", "DONE", "FAILED", "FOUND", "INTERRUPTED", "STATUSES"]

DONE, FOUND, FAILED, INTERRUPTED = 0, 1, 2, 130
CLOSED_PIPE = 141  # what a shell reports of a program that SIGPIPE ended

STATUSES = (
    "The exit status is 0 if all is well, 1 if something was found, 2 for wrong arguments and for "
    "what could not be done, 130 after Ctrl-C, and 141 where nobody reads the output any more."
)
"""Last sentence of every verb's help."""
