"""Operations on a swarm and its nodes."""

from __future__ import annotations

from typing import Any

from moorage.testing.objects.filters import matches_labels, same_key
from moorage.testing.objects.lifecycle import remove, stop
from moorage.testing.objects.refused import Refused
from moorage.testing.objects.swarm_state import (
    CLUSTERS,
    TLS_INFO,
    Cluster,
    Swarm,
    manager,
    new_node,
    touch,
    versioned,
)
from moorage.testing.operations.system import release_of
from moorage.testing.server.answers import Answer, document, nothing
from moorage.testing.server.call import Call, operation

__all__ = ["check_version", "found_in", "leave", "listed"]

_SPEC: dict[str, Any] = {
    "Name": "default",
    "Labels": {},
    "Orchestration": {"TaskHistoryRetentionLimit": 5},
    "Raft": {
        "SnapshotInterval": 10000,
        "KeepOldSnapshots": 0,
        "LogEntriesForSlowFollowers": 500,
        "ElectionTick": 10,
        "HeartbeatTick": 1,
    },
    "Dispatcher": {"HeartbeatPeriod": 5 * 10**9},
    "CAConfig": {"NodeCertExpiry": 7776 * 10**12},
    "TaskDefaults": {},
    "EncryptionConfig": {"AutoLockManagers": False},
}


@operation("swarm.init")
def init(call: Call) -> Answer:
    """Make a swarm."""
    body, state = call.body or {}, call.state
    with state.changing():
        if state.swarm is not None:
            raise Refused(
                503 if state.since("1.25") else 406,
                'This node is already part of a swarm. Use "docker swarm leave" to leave this '
                "swarm and join another one.",
            )
        given_address = body.get("AdvertiseAddr") or body.get("ListenAddr") or ""
        address = given_address.partition(":")[0]
        if address in ("", "0.0.0.0"):  # noqa: S104 - it is reported, not bound
            address = "127.0.0.1"
        given = {key: value for key, value in (body.get("Spec") or {}).items() if value}
        cluster = Cluster(
            versioned(
                Spec={**_SPEC, **given},
                TLSInfo=TLS_INFO,
                RootRotationInProgress=False,
                DataPathPort=body.get("DataPathPort") or 4789,
                DefaultAddrPool=body.get("DefaultAddrPool") or ["10.0.0.0/8"],
                SubnetSize=body.get("SubnetSize") or 24,
            )
        )
        _new_tokens(cluster)
        node = new_node("manager", address, release_of(state))
        cluster.nodes[node["ID"]] = node
        state.swarm = Swarm(cluster, node)
        state.emit("node", "create", node["ID"], name="")
        return document(node["ID"])


def _new_tokens(cluster: Cluster) -> None:
    cluster.new_tokens()
    for token in cluster.document["JoinTokens"].values():
        CLUSTERS[token] = cluster


@operation("swarm.join")
def join(call: Call) -> Answer:
    """Join a swarm of another fake engine in this process."""
    body, state = call.body or {}, call.state
    token = body.get("JoinToken") or ""
    with state.changing():
        if state.swarm is not None:
            raise Refused(
                503,
                'This node is already part of a swarm. Use "docker swarm leave" to leave this '
                "swarm and join another one.",
            )
        cluster = CLUSTERS.get(token)
        if cluster is None or token not in cluster.document["JoinTokens"].values():
            raise Refused(400 if state.since("1.41") else 500, "invalid join token")
        role = "manager" if token == cluster.document["JoinTokens"]["Manager"] else "worker"
        address = (body.get("AdvertiseAddr") or "127.0.0.1").partition(":")[0]
        node = new_node(role, address, release_of(state))
        cluster.nodes[node["ID"]] = node
        state.swarm = Swarm(cluster, node)
    return nothing(200)


@operation("swarm.leave")
def left(call: Call) -> Answer:
    """Leave the swarm."""
    state = call.state
    with state.changing():
        if state.swarm is None:
            raise Refused(503, "This node is not part of a swarm")
        if state.swarm.manages and not call.flag("force"):
            raise Refused(
                503,
                "You are attempting to leave the swarm on a node that is participating as a "
                "manager. Removing the last manager erases all current state of the swarm. Use "
                "`--force` to ignore this message. ",
            )
        leave(call)
    return nothing(200)


def leave(call: Call) -> None:
    """Take an engine out of its swarm, with its tasks."""
    state, swarm = call.state, call.state.swarm
    swarm.node["Status"]["State"] = "down"
    for each in list(state.containers.values()):
        if "com.docker.swarm.task.id" in each.labels:
            stop(state, each, 0)
            remove(state, each, volumes=True)
    for key, network in list(state.networks.items()):
        if network["Scope"] == "swarm":
            del state.networks[key]
    state.swarm = None


@operation("swarm.inspect")
def inspect(call: Call) -> Answer:
    """Describe the swarm."""
    with call.state.lock:
        return document(manager(call.state).document)


@operation("swarm.update")
def update(call: Call) -> Answer:
    """Change the swarm's specification."""
    with call.state.changing():
        cluster = manager(call.state)
        check_version(call, cluster.document)
        given = {key: value for key, value in (call.body or {}).items() if value is not None}
        cluster.document["Spec"] = {**_SPEC, **given}
        if call.flag("rotateWorkerToken") or call.flag("rotateManagerToken"):
            _new_tokens(cluster)
        touch(cluster.document)
    return nothing(200)


def check_version(call: Call, found: dict[str, Any]) -> None:
    """Check that an update is of the object's current version.

    Raises:
        Refused: It is of an older version.
    """
    text = call.text("version")
    if not text.isdigit():
        raise Refused(
            400, f"invalid version '{text}': strconv.ParseUint: parsing \"{text}\": invalid syntax"
        )
    if int(text) != found["Version"]["Index"]:
        raise Refused(
            500 if not call.state.since("1.45") else 400,
            "rpc error: code = Unknown desc = update out of sequence",
        )


@operation("swarm.unlock_key")
def unlock_key(call: Call) -> Answer:
    """Return the key of a locked swarm; empty if it is not locked."""
    with call.state.lock:
        cluster = manager(call.state)
        locked = cluster.document["Spec"]["EncryptionConfig"].get("AutoLockManagers")
        return document({"UnlockKey": cluster.unlock_key if locked else ""})


@operation("swarm.unlock")
def unlock(call: Call) -> Answer:
    """Unlock a swarm: a fake engine's is never locked."""
    manager(call.state)
    raise Refused(409, "swarm is not locked")


def found_in(objects: dict[str, dict[str, Any]], what: str, name: str) -> dict[str, Any]:
    """Find an object of a swarm by its ID, its name or the beginning of its ID.

    Raises:
        Refused: It does not exist.
    """
    if name in objects:
        return objects[name]
    for each in objects.values():
        if name in (each["Spec"].get("Name"), each.get("Description", {}).get("Hostname")):
            return each
    for key, each in objects.items():
        if name and key.startswith(name):
            return each
    raise Refused(404, f"{what} {name} not found")


def listed(call: Call, objects: dict[str, dict[str, Any]]) -> Answer:
    """List objects of a swarm by the filters of the request."""
    filters = call.filters("id", "label", "name", "names", "role", "membership", "node.label")

    def good(each: dict[str, Any]) -> bool:
        spec = each["Spec"]
        name = spec.get("Name") or each.get("Description", {}).get("Hostname") or ""
        return (
            matches_labels(spec.get("Labels"), filters.get("label", []))
            and all(any(same_key(name, v) for v in filters[k]) for k in ("name",) if k in filters)
            and all(name in filters[k] for k in ("names",) if k in filters)
            and ("id" not in filters or any(each["ID"].startswith(v) for v in filters["id"]))
            and ("role" not in filters or spec.get("Role") in filters["role"])
        )

    return document([each for each in objects.values() if good(each)])


@operation("nodes.list")
def nodes(call: Call) -> Answer:
    """List nodes."""
    with call.state.lock:
        return listed(call, manager(call.state).nodes)


@operation("nodes.inspect")
def node(call: Call) -> Answer:
    """Describe a node."""
    with call.state.lock:
        return document(found_in(manager(call.state).nodes, "node", call.path["id"]))


@operation("nodes.update")
def node_update(call: Call) -> Answer:
    """Change a node's specification."""
    with call.state.changing():
        found = found_in(manager(call.state).nodes, "node", call.path["id"])
        check_version(call, found)
        found["Spec"] = {**found["Spec"], **(call.body or {})}
        touch(found)
    return nothing(200)


@operation("nodes.delete")
def node_delete(call: Call) -> Answer:
    """Remove a node that is down, or any by force."""
    with call.state.changing():
        objects = manager(call.state).nodes
        found = found_in(objects, "node", call.path["id"])
        if found["Status"]["State"] != "down" and not call.flag("force"):
            raise Refused(
                400 if call.state.since("1.41") else 500,
                f"rpc error: code = FailedPrecondition desc = node {found['ID']} is not down and "
                "can't be removed",
            )
        del objects[found["ID"]]
    return nothing(200)
