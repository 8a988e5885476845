"""The swarm of fake engines that have joined each other in this process."""

from __future__ import annotations

import secrets
from typing import Any
from weakref import WeakValueDictionary

from attrs import define, field

from moorage.testing.objects.clock import timestamp
from moorage.testing.objects.refused import Refused
from moorage.testing.objects.state import State

__all__ = [
    "CLUSTERS",
    "Cluster",
    "Swarm",
    "TLS_INFO",
    "manager",
    "new_key",
    "new_node",
    "touch",
    "versioned",
]

_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"


def new_key() -> str:
    """Make the ID of an object of a swarm."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(25))


def versioned(**fields: Any) -> dict[str, Any]:
    """Make an object of a swarm."""
    now = timestamp()
    return {"ID": new_key(), "Version": {"Index": 10}, "CreatedAt": now, "UpdatedAt": now, **fields}


def touch(made: dict[str, Any]) -> None:
    """Note that an object has changed."""
    made["Version"] = {"Index": made["Version"]["Index"] + 1}
    made["UpdatedAt"] = timestamp()


@define(eq=False, weakref_slot=True)
class Cluster:
    """The shared state of a swarm's nodes."""

    document: dict[str, Any]
    nodes: dict[str, dict[str, Any]] = field(factory=dict)
    services: dict[str, dict[str, Any]] = field(factory=dict)
    tasks: dict[str, dict[str, Any]] = field(factory=dict)
    secrets: dict[str, dict[str, Any]] = field(factory=dict)
    configs: dict[str, dict[str, Any]] = field(factory=dict)
    unlock_key: str = field(factory=lambda: f"SWMKEY-1-{secrets.token_urlsafe(32)}")

    def new_tokens(self) -> None:
        """Make the join tokens."""
        digest = secrets.token_hex(25)
        self.document["JoinTokens"] = {
            role: f"SWMTKN-1-{digest}-{new_key()}" for role in ("Worker", "Manager")
        }


CLUSTERS: WeakValueDictionary[str, Cluster] = WeakValueDictionary()
"""The swarms of this process, by their join tokens."""


@define(eq=False)
class Swarm:
    """A fake engine's part in a swarm."""

    cluster: Cluster
    node: dict[str, Any]

    @property
    def manages(self) -> bool:
        """Whether the engine is a manager."""
        return bool(self.node["Spec"]["Role"] == "manager")

    def info(self) -> dict[str, Any]:
        """Describe it in the engine's facts."""
        address = self.node["Status"]["Addr"]
        made: dict[str, Any] = {
            "NodeID": self.node["ID"],
            "NodeAddr": address,
            "LocalNodeState": "active",
            "ControlAvailable": self.manages,
            "Error": "",
            "RemoteManagers": [
                {"NodeID": each["ID"], "Addr": each["ManagerStatus"]["Addr"]}
                for each in self.cluster.nodes.values()
                if "ManagerStatus" in each
            ],
        }
        if self.manages:
            document = self.cluster.document
            made |= {
                "Nodes": len(self.cluster.nodes),
                "Managers": len(made["RemoteManagers"]),
                "Cluster": {key: value for key, value in document.items() if key != "JoinTokens"},
            }
        return made


def manager(state: State) -> Cluster:
    """Return the swarm that an engine manages.

    Raises:
        Refused: It is not a manager.
    """
    swarm: Swarm | None = state.swarm
    if swarm is None:
        raise Refused(
            503,
            'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to '
            "connect this node to swarm and try again.",
        )
    if not swarm.manages:
        raise Refused(
            503,
            "This node is not a swarm manager. Worker nodes can't be used to view or modify "
            "cluster state. Please run this command on a manager node or promote the current node "
            "to a manager.",
        )
    return swarm.cluster


def new_node(role: str, address: str, release: str) -> dict[str, Any]:
    """Make the record of an engine as a node."""
    made = versioned(
        Spec={"Labels": {}, "Role": role, "Availability": "active"},
        Description={
            "Hostname": "fake",
            "Platform": {"Architecture": "x86_64", "OS": "linux"},
            "Resources": {"NanoCPUs": 2 * 10**9, "MemoryBytes": 2**32},
            "Engine": {
                "EngineVersion": release,
                "Plugins": [{"Type": "Volume", "Name": "local"}],
            },
            "TLSInfo": TLS_INFO,
        },
        Status={"State": "ready", "Addr": address},
    )
    if role == "manager":
        made["ManagerStatus"] = {
            "Leader": True,
            "Reachability": "reachable",
            "Addr": f"{address}:2377",
        }
    return made


TLS_INFO = {
    "TrustRoot": "-----BEGIN CERTIFICATE-----\nfake\n-----END CERTIFICATE-----\n",
    "CertIssuerSubject": "MBMxETAPBgNVBAMTCHN3YXJtLWNh",
    "CertIssuerPublicKey": "ZmFrZQ==",
}
