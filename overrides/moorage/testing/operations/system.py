"""Operations on the engine itself: versions, facts, events, sessions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from moorage.testing.objects.clock import now_ns, timestamp
from moorage.testing.objects.container_answers import DRIVER, size_rw, summary
from moorage.testing.objects.filters import matches_labels
from moorage.testing.objects.image import ARCHITECTURE
from moorage.testing.objects.refused import Refused
from moorage.testing.objects.state import State
from moorage.testing.objects.volume import in_use
from moorage.testing.operations.volumes import described
from moorage.testing.server.answers import Answer, document, stream
from moorage.testing.server.call import Call, operation
from moorage.testing.server.connection import Connection
from moorage_api.engines import ENGINES

__all__ = ["ping_headers", "release_of"]

_SECOND = 10**9
_GO = "go1.22.0"
_KERNEL = "6.1.0"
_KINDS = (
    *("builder", "config", "container", "daemon", "image", "network", "node", "plugin", "secret"),
    *("service", "volume"),
)


def release_of(state: State) -> str:
    """Return the version of the engine's release."""
    release = ENGINES.get(state.version, "29.0")
    return release if release.count(".") == 2 else f"{release}.0"


def ping_headers(state: State) -> dict[str, str]:
    """Return the headers with an engine's versions."""
    made = {
        "Api-Version": state.version,
        "Docker-Experimental": "false",
        "Ostype": "linux",
        "Server": f"Docker/{release_of(state)} (linux)",
    }
    if state.since("1.38"):
        made["Builder-Version"] = "2" if state.since("1.42") else "1"
    if state.since("1.42"):
        made["Swarm"] = "active/manager" if state.swarm else "inactive"
    return made


@operation("system.ping")
def ping(call: Call) -> Answer:
    """Answer a ping."""
    return _pinged(call, b"OK")


@operation("system.ping_head")
def ping_head(call: Call) -> Answer:
    """Answer a ping without a body."""
    return _pinged(call, b"")


def _pinged(call: Call, body: bytes) -> Answer:
    headers = {"Cache-Control": "no-cache, no-store, must-revalidate", "Pragma": "no-cache"}
    return Answer(
        pieces=[body], kind="text/plain; charset=utf-8", headers=headers | ping_headers(call.state)
    )


@operation("system.version")
def version(call: Call) -> Answer:
    """Return the versions."""
    state = call.state
    release = release_of(state)
    details = {
        "ApiVersion": state.version,
        "Arch": ARCHITECTURE,
        "BuildTime": "2024-01-01T00:00:00.000000000+00:00",
        "Experimental": "false",
        "GitCommit": "fake",
        "GoVersion": _GO,
        "KernelVersion": _KERNEL,
        "MinAPIVersion": state.min_version,
        "Os": "linux",
    }
    return document(
        {
            "Platform": {"Name": "moorage.testing.FakeEngine"},
            "Components": [{"Name": "Engine", "Version": release, "Details": details}],
            "Version": release,
            **{key: value for key, value in details.items() if key != "Experimental"},
        }
    )


@operation("system.info")
def info(call: Call) -> Answer:
    """Return facts about the engine."""
    state = call.state
    with state.lock:
        containers = list(state.containers.values())
        swarm: Any = {"LocalNodeState": "inactive", "ControlAvailable": False}
        if state.swarm:
            swarm = state.swarm.info()
        commit = {"ID": "fake", "Expected": "fake"}
        return document(
            {
                "ID": state.id,
                "Containers": len(containers),
                "ContainersRunning": sum(each.status == "running" for each in containers),
                "ContainersPaused": sum(each.status == "paused" for each in containers),
                "ContainersStopped": sum(not each.running for each in containers),
                "Images": len(state.images),
                "Driver": DRIVER,
                "DriverStatus": [["Backing Filesystem", "extfs"], ["Supports d_type", "true"]],
                "DockerRootDir": "/var/lib/docker",
                "Plugins": {
                    "Volume": ["local"],
                    "Network": ["bridge", "host", "ipvlan", "macvlan", "null", "overlay"],
                    "Authorization": None,
                    "Log": ["json-file", "local", "journald", "syslog"],
                },
                **dict.fromkeys(
                    (
                        *("MemoryLimit", "SwapLimit", "CpuCfsPeriod", "CpuCfsQuota", "CPUShares"),
                        *("CPUSet", "PidsLimit", "IPv4Forwarding", "BridgeNfIptables"),
                        *("BridgeNfIp6tables", "KernelMemory", "KernelMemoryTCP"),
                    ),
                    True,
                ),
                "OomKillDisable": False,
                "Debug": False,
                "NFd": 30,
                "NGoroutines": 40,
                "SystemTime": timestamp(),
                "LoggingDriver": "json-file",
                "CgroupDriver": "systemd",
                "CgroupVersion": "2",
                "NEventsListener": 0,
                "KernelVersion": _KERNEL,
                "OperatingSystem": "moorage.testing.FakeEngine",
                "OSVersion": "1",
                "OSType": "linux",
                "Architecture": "x86_64",
                "NCPU": 2,
                "MemTotal": 2**32,
                "IndexServerAddress": "https://index.docker.io/v1/",
                "RegistryConfig": {
                    "AllowNondistributableArtifactsCIDRs": None,
                    "AllowNondistributableArtifactsHostnames": None,
                    "InsecureRegistryCIDRs": ["127.0.0.0/8"],
                    "IndexConfigs": {
                        "docker.io": {
                            "Name": "docker.io",
                            "Mirrors": [],
                            "Secure": True,
                            "Official": True,
                        }
                    },
                    "Mirrors": [],
                },
                "GenericResources": None,
                "HttpProxy": "",
                "HttpsProxy": "",
                "NoProxy": "",
                "Name": "fake",
                "Labels": [],
                "ExperimentalBuild": False,
                "ServerVersion": release_of(state),
                "Runtimes": {"runc": {"path": "runc"}},
                "DefaultRuntime": "runc",
                "Swarm": swarm,
                "LiveRestoreEnabled": False,
                "Isolation": "",
                "InitBinary": "docker-init",
                "ContainerdCommit": commit,
                "RuncCommit": commit,
                "InitCommit": commit,
                "SecurityOptions": ["name=seccomp,profile=builtin", "name=cgroupns"],
                "ProductLicense": "",
                "Warnings": None,
                "CDISpecDirs": [],
            }
        )


@operation("system.data_usage")
def data_usage(call: Call) -> Answer:
    """Return the disk usage."""
    state = call.state
    kinds = call.query.get("type", [])
    with state.lock:
        images = [
            each.summary(sum(c.image is each for c in state.containers.values()), shared=True)
            for each in state.images.values()
        ]
        containers = [summary(state, each, sizes=True) for each in state.containers.values()]
        volumes = [
            {
                **described(each),
                "UsageData": {"Size": 0, "RefCount": len(in_use(state, each["Name"]))},
            }
            for each in state.volumes.values()
        ]
        caches = [dict(each) for each in state.build_cache]
        layers = sum(each.size for each in state.images.values())
        written = sum(size_rw(each) for each in state.containers.values())
        running = sum(each.running for each in state.containers.values())
    used = {
        "image": ("Images", "ImageUsage", images, sum(e["Containers"] > 0 for e in images), layers),
        "container": ("Containers", "ContainerUsage", containers, running, written),
        "volume": (
            *("Volumes", "VolumeUsage", volumes),
            sum(each["UsageData"]["RefCount"] > 0 for each in volumes),
            0,
        ),
        "build-cache": (
            *("BuildCache", "BuildCacheUsage", caches, 0),
            sum(each["Size"] for each in caches),
        ),
    }
    made: dict[str, Any] = {"LayersSize": layers, "BuilderSize": used["build-cache"][4]}
    verbose = call.flag("verbose") or not call.since("1.52")
    for kind, (old, new, items, active, size) in used.items():
        asked = not kinds or kind in kinds
        made[old] = items if asked else None
        if asked:
            made[new] = {
                "ActiveCount": active,
                "TotalCount": len(items),
                "Reclaimable": 0 if active else size,
                "TotalSize": size,
                **({"Items": items} if verbose else {}),
            }
    return document(made)


@operation("system.events")
def events(call: Call) -> Answer:
    """Stream events: past and future ones."""
    state = call.state
    filters = call.filters(*_KINDS, "event", "label", "scope", "type")
    since, until = (_moment(call.text(each)) for each in ("since", "until"))
    with state.lock:
        seen = state.event_count
        old = list(state.events) if since is not None else []

    def good(event: dict[str, Any]) -> bool:
        late = until is not None and event["timeNano"] > until
        return event["timeNano"] >= (since or 0) and not late and _matches(event, filters)

    def pieces() -> Iterator[bytes]:
        place = seen

        def more() -> bool:
            return state.closed or state.event_count > place

        for each in old:
            if good(each):
                yield call.line(each)
        while until is None or until > now_ns():
            with state.lock:
                left = None if until is None else (until - now_ns()) / _SECOND
                state.lock.wait_for(more, min(0.25, left) if left is not None else 0.25)
                if state.closed or call.connection.is_gone():
                    return
                count = state.event_count - place
                new = list(state.events)[-count:] if count else []
                place = state.event_count
            for each in new:
                if good(each):
                    yield call.line(each)

    return stream(pieces())


def _moment(text: str) -> int | None:
    if not text:
        return None
    try:
        whole, _, rest = text.partition(".")
        return int(whole) * _SECOND + int(f"{rest:0<9}"[:9] or 0)
    except ValueError:
        raise Refused(400, f'strconv.ParseInt: parsing "{text}": invalid syntax') from None


def _matches(event: dict[str, Any], filters: dict[str, list[str]]) -> bool:
    actor = event["Actor"]
    attributes = actor["Attributes"]
    for name, values in filters.items():
        match name:
            case "type":
                good = event["Type"] in values
            case "event":
                action = event["Action"]
                good = action in values or action.partition(":")[0] in values
            case "label":
                good = matches_labels(attributes, values)
            case "scope":
                good = event["scope"] in values
            case "image":
                names = {actor["ID"], attributes.get("image"), attributes.get("name")}
                names |= {str(each).partition(":")[0] for each in names}
                good = event["Type"] in ("container", "image") and bool(names & {*values})
            case _:
                names = {actor["ID"], attributes.get("name")}
                short = any(actor["ID"].startswith(each) for each in values)
                good = event["Type"] == name and (short or bool(names & {*values}))
        if not good:
            return False
    return True


@operation("session.start")
def session(call: Call) -> Answer:
    """Hand over a silent connection: a fake engine requests nothing from a client."""
    upgrade = call.headers.get("upgrade", "")
    if upgrade.lower() != "h2c":
        raise Refused(400, f"invalid upgrade: {json.dumps(upgrade)}")

    def run(connection: Connection) -> None:
        while connection.read():
            pass

    return Answer(101, kind="", headers={"Upgrade": "h2c"}, hijack=run)
