"""Many engines at once: one call on each of them, and their events in one stream.

    with moorage.fleet.Fleet(["ssh://root@web1", "tcp://10.0.0.7:2375"]) as fleet:
        for name, answer in fleet.each(lambda engine: engine.containers.list()):
            if isinstance(answer, moorage.EngineError):
                print(name, "is not there:", answer)
            else:
                print(name, len(answer))

Each engine is negotiated with by itself, and stays connected while the fleet is open. An engine
that is down delays no other.
"""

from moorage.fleet.hosts import Hosts, node_hosts
from moorage.fleet.tasks import AsyncFleet
from moorage.fleet.threads import Fleet

__all__ = ["AsyncFleet", "Fleet", "Hosts", "node_hosts"]
