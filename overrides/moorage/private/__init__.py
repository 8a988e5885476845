"""A Docker engine of one's own, for a machine that has none: unpacked beside the project.

Debian's packages are unpacked, never installed, and the engine runs in namespaces of its own.
This package is for trying moorage out and for its tests; it needs root on a Debian machine, and
nothing beyond the standard library.
"""

from moorage.private.debian import busybox
from moorage.private.engine import PrivateEngine, private_engine, why_not
from moorage.private.errors import PrivateEngineError
from moorage.private.image import busybox_tar
from moorage.private.releases import private_release
from moorage.private.swarm import PrivateSwarm, private_swarm

__all__ = [
    "PrivateEngine",
    "PrivateEngineError",
    "PrivateSwarm",
    "busybox",
    "busybox_tar",
    "private_engine",
    "private_release",
    "private_swarm",
    "why_not",
]
