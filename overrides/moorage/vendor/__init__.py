"""One version's client as a package inside another project: `moorage vendor`.

A copy is made from the installed modules, in these steps:

    sources    the text of a module; folded, trimmed or replaced
    closure    the modules reached by imports from the version's engine
    shake      removal of unreachable code (modules, reach)
    prose      the docstrings to keep
    relative   relative imports, so that a copy works under any name
    build      all of the above, and the notices of origin
    write      the files, all or none
    check      changes of a copy since
    wheels     files of a copy missing in its project's wheel
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
