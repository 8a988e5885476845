"""One version's client as a package inside somebody else's: `moorage vendor`.

A copy is made of the modules that are installed, in these steps:

    sources    the text of a module; folded, trimmed or another one in its place
    closure    what is taken: the modules that are reached by imports from the version's engine
    shake      what nothing in the copy reaches is left out (modules, reach)
    prose      which of the docstrings stay
    relative   imports of a copy are relative, so it works under any name
    build      all of the above, and what tells where the copy is from
    write      the files, all or none
    check      what became of a copy since
    wheels     what of a copy would not be in its project's wheel
"""

from __future__ import annotations

from moorage.vendor.build import build
from moorage.vendor.check import Problem, check
from moorage.vendor.errors import VendorError
from moorage.vendor.lock import LOCK, Lock, Options, read_lock
from moorage.vendor.package import offered
from moorage.vendor.wheels import left_out
from moorage.vendor.write import update, write

__all__ = [
    "LOCK",
    "Lock",
    "Options",
    "Problem",
    "VendorError",
    "build",
    "check",
    "left_out",
    "offered",
    "read_lock",
    "update",
    "write",
]
