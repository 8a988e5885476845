"""Answers about a container, with the fields of all versions."""

from __future__ import annotations

import time
from typing import Any

from moorage.parse.timestamps import parse_timestamp
from moorage.testing.objects.clock import NEVER, timestamp, unix_seconds
from moorage.testing.objects.container import Container
from moorage.testing.objects.network import endpoint_of
from moorage.testing.objects.state import State

__all__ = ["DRIVER", "HOST_CONFIG", "host_config_of", "inspected", "mounts_of", "stats", "summary"]

DRIVER = "overlay2"
"""The storage driver that a fake engine claims to have."""

HOST_CONFIG: dict[str, Any] = {
    "Binds": None,
    "ContainerIDFile": "",
    "LogConfig": {"Type": "json-file", "Config": {}},
    "NetworkMode": "default",
    "PortBindings": {},
    "RestartPolicy": {"Name": "no", "MaximumRetryCount": 0},
    "AutoRemove": False,
    "VolumeDriver": "",
    "VolumesFrom": None,
    "ConsoleSize": [0, 0],
    "CapAdd": None,
    "CapDrop": None,
    "CgroupnsMode": "private",
    "Dns": [],
    "DnsOptions": [],
    "DnsSearch": [],
    "ExtraHosts": None,
    "GroupAdd": None,
    "IpcMode": "private",
    "Cgroup": "",
    "Links": None,
    "OomScoreAdj": 0,
    "PidMode": "",
    "Privileged": False,
    "PublishAllPorts": False,
    "ReadonlyRootfs": False,
    "SecurityOpt": None,
    "UTSMode": "",
    "UsernsMode": "",
    "ShmSize": 64 * 2**20,
    "Runtime": "runc",
    "Isolation": "",
    "CpuShares": 0,
    "Memory": 0,
    "NanoCpus": 0,
    "CgroupParent": "",
    "BlkioWeight": 0,
    "BlkioWeightDevice": [],
    "BlkioDeviceReadBps": [],
    "BlkioDeviceWriteBps": [],
    "BlkioDeviceReadIOps": [],
    "BlkioDeviceWriteIOps": [],
    "CpuPeriod": 0,
    "CpuQuota": 0,
    "CpuRealtimePeriod": 0,
    "CpuRealtimeRuntime": 0,
    "CpusetCpus": "",
    "CpusetMems": "",
    "Devices": [],
    "DeviceCgroupRules": None,
    "DeviceRequests": None,
    "MemoryReservation": 0,
    "MemorySwap": 0,
    "MemorySwappiness": None,
    "OomKillDisable": False,
    "PidsLimit": None,
    "Ulimits": [],
    "CpuCount": 0,
    "CpuPercent": 0,
    "IOMaximumIOps": 0,
    "IOMaximumBandwidth": 0,
    "MaskedPaths": ["/proc/asound", "/proc/acpi", "/proc/kcore", "/proc/keys", "/sys/firmware"],
    "ReadonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
}


def host_config_of(given: dict[str, Any]) -> dict[str, Any]:
    """Fill up a host configuration, as engines do."""
    said = {name: value for name, value in given.items() if value is not None}
    made = {**HOST_CONFIG, **said}
    policy = made["RestartPolicy"]
    made["RestartPolicy"] = {
        "Name": policy.get("Name") or "no",
        "MaximumRetryCount": policy.get("MaximumRetryCount") or 0,
    }
    log = made["LogConfig"]
    made["LogConfig"] = {"Type": log.get("Type") or "json-file", "Config": log.get("Config") or {}}
    made["NetworkMode"] = made["NetworkMode"] or "default"
    for name in ("IpcMode", "CgroupnsMode", "ShmSize", "Runtime"):
        made[name] = made[name] or HOST_CONFIG[name]
    if made["Memory"] and not made["MemorySwap"]:
        made["MemorySwap"] = 2 * made["Memory"]
    return made


def mounts_of(container: Container) -> list[dict[str, Any]]:
    """Return its mounts in the engines' form."""
    return [
        {name: value for name, value in each.items() if name[0].isupper()}
        for each in container.mounts
    ]


def status_words(container: Container) -> str:
    """Describe a container's status in words, as in `docker ps`."""
    match container.status:
        case "running" | "paused":
            words = f"Up {_ago(container.started_at)}"
            if container.status == "paused":
                return f"{words} (Paused)"
            health = (container.health or {}).get("Status")
            if health:
                shown = "health: starting" if health == "starting" else health
                return f"{words} ({shown})"
            return words
        case "exited":
            return f"Exited ({container.exit_code}) {_ago(container.finished_at)} ago"
    return container.status.capitalize()


def _ago(moment: str) -> str:
    then = parse_timestamp(moment)
    seconds = int(time.time() - then.timestamp()) if then else 0
    if seconds < 1:
        return "Less than a second"
    if seconds < 2:
        return "1 second"
    if seconds < 60:
        return f"{seconds} seconds"
    minutes = seconds // 60
    return "About a minute" if minutes == 1 else f"{minutes} minutes"


def ports_of(container: Container) -> list[dict[str, Any]]:
    """List its ports, published or not."""
    found: list[dict[str, Any]] = []
    exposed = dict.fromkeys(container.config.get("ExposedPorts") or {})
    for port, bindings in {**exposed, **container.published}.items():
        number, _, kind = port.partition("/")
        entry: dict[str, Any] = {"PrivatePort": int(number), "Type": kind or "tcp"}
        if not bindings:
            found.append(entry)
        found += [
            {"IP": each["HostIp"], **entry, "PublicPort": int(each["HostPort"])}
            for each in bindings or ()
        ]
    return found if container.running else []


def summary(state: State, container: Container, *, sizes: bool) -> dict[str, Any]:
    """Describe a container in a list."""
    made = {
        "Id": container.id,
        "Names": [f"/{container.name}"],
        "Image": container.image_name,
        "ImageID": container.image.id,
        "Command": " ".join(container.args),
        "Created": unix_seconds(container.created),
        "Ports": ports_of(container),
        "Labels": container.labels,
        "State": container.status,
        "Status": status_words(container),
        "HostConfig": {
            "NetworkMode": container.host_config["NetworkMode"],
            "Annotations": container.host_config.get("Annotations"),
        },
        "Health": {
            "Status": (container.health or {}).get("Status", "none"),
            "FailingStreak": (container.health or {}).get("FailingStreak", 0),
        },
        "NetworkSettings": {"Networks": networks_of(state, container)},
        "Mounts": mounts_of(container),
    }
    if sizes:
        found = _sizes(container)
        made |= {name: size for name, size in found.items() if size}  # engines leave out 0
    return made


def size_rw(container: Container) -> int:
    """Return the bytes that it has written."""
    return max(container.files.size() - container.base.size(), 0)


def _sizes(container: Container) -> dict[str, int]:
    written = size_rw(container)
    return {"SizeRw": written, "SizeRootFs": container.image.size + written}


def networks_of(state: State, container: Container) -> dict[str, Any]:
    """Return its endpoints by the names of the networks."""
    return {
        state.networks[key]["Name"]: endpoint_of(endpoint)
        for key, endpoint in container.endpoints.items()
        if key in state.networks
    }


def inspected(state: State, container: Container, *, sizes: bool) -> dict[str, Any]:
    """Describe a container in full."""
    networks = networks_of(state, container)
    first: dict[str, Any] = next(iter(networks.values()), {})
    args = container.args
    log = f"/var/lib/docker/containers/{container.id}"
    host_config = dict(container.host_config)
    if not state.since("1.42"):  # control groups of later releases lack it
        host_config = {"KernelMemory": 0, "KernelMemoryTCP": 0, **host_config}
    made = {
        "Id": container.id,
        "Created": timestamp(container.created),
        "Path": args[0] if args else "",
        "Args": args[1:],
        "State": _state(container),
        "Image": container.image.id,
        "ResolvConfPath": f"{log}/resolv.conf",
        "HostnamePath": f"{log}/hostname",
        "HostsPath": f"{log}/hosts",
        "LogPath": f"{log}/{container.id}-json.log",
        "Name": f"/{container.name}",
        "RestartCount": container.restarts,
        "Driver": DRIVER,
        "Platform": "linux",
        "MountLabel": "",
        "ProcessLabel": "",
        "AppArmorProfile": "",
        "ExecIDs": [each for each in container.exec_ids if not state.execs[each].over] or None,
        "HostConfig": host_config,
        "GraphDriver": {"Name": DRIVER, "Data": _layers(container)},
        "Mounts": mounts_of(container),
        "Config": container.config,
        "NetworkSettings": {
            "Bridge": "",
            "SandboxID": container.id if container.running else "",
            "SandboxKey": f"/var/run/docker/netns/{container.id[:12]}" if container.running else "",
            "HairpinMode": False,
            "LinkLocalIPv6Address": "",
            "LinkLocalIPv6PrefixLen": 0,
            "Ports": container.published,
            "SecondaryIPAddresses": None,
            "SecondaryIPv6Addresses": None,
            "EndpointID": first.get("EndpointID", ""),
            "Gateway": first.get("Gateway", ""),
            "GlobalIPv6Address": "",
            "GlobalIPv6PrefixLen": 0,
            "IPAddress": first.get("IPAddress", ""),
            "IPPrefixLen": first.get("IPPrefixLen", 0),
            "IPv6Gateway": "",
            "MacAddress": first.get("MacAddress", ""),
            "Networks": networks,
        },
    }
    if sizes:
        made |= _sizes(container)
    return made


def _layers(container: Container) -> dict[str, str]:
    folder = f"/var/lib/docker/{DRIVER}/{container.id}"
    names = {
        "LowerDir": "-init/diff",
        "MergedDir": "/merged",
        "UpperDir": "/diff",
        "WorkDir": "/work",
    }
    return {name: f"{folder}{tail}" for name, tail in names.items()}


def _state(container: Container) -> dict[str, Any]:
    made = {
        "Status": container.status,
        "Running": container.running,
        "Paused": container.status == "paused",
        "Restarting": False,
        "OOMKilled": False,
        "Dead": False,
        "Pid": container.pid,
        "ExitCode": container.exit_code,
        "Error": container.error,
        "StartedAt": container.started_at,
        "FinishedAt": container.finished_at,
    }
    if container.health:
        made["Health"] = {**container.health, "Log": list(container.health["Log"])}
    return made


def stats(container: Container, previous: dict[str, Any] | None) -> dict[str, Any]:
    """Measure a container; one that does not run has zeros."""
    running = container.running
    used = time.monotonic_ns() // 1000 if running else 0
    cpu: dict[str, Any] = {
        "cpu_usage": {"total_usage": used, "usage_in_kernelmode": 0, "usage_in_usermode": used},
        "throttling_data": {"periods": 0, "throttled_periods": 0, "throttled_time": 0},
    }
    if running:
        cpu |= {"system_cpu_usage": time.monotonic_ns(), "online_cpus": 2}
    made: dict[str, Any] = {
        "id": container.id,
        "name": f"/{container.name}",
        "os_type": "linux",
        "read": timestamp() if running else NEVER,
        "preread": previous["read"] if previous else NEVER,
        "pids_stats": {"current": 1, "limit": 2**22} if running else {},
        "blkio_stats": dict.fromkeys(
            (
                *("io_service_bytes_recursive", "io_serviced_recursive", "io_queue_recursive"),
                *("io_service_time_recursive", "io_wait_time_recursive", "io_merged_recursive"),
                *("io_time_recursive", "sectors_recursive"),
            )
        ),
        "num_procs": 0,
        "storage_stats": {},
        "cpu_stats": cpu,
        "precpu_stats": previous["cpu_stats"] if previous else cpu,
        "memory_stats": {"usage": 2**20, "stats": {"anon": 2**16}, "limit": 2**30}
        if running
        else {},
    }
    quiet = ("rx_errors", "rx_dropped", "tx_errors", "tx_dropped")
    busy = ("rx_bytes", "rx_packets", "tx_bytes", "tx_packets")
    interfaces = [each for each in container.endpoints.values() if each["IPAddress"]]
    if running and interfaces:
        made["networks"] = {
            f"eth{place}": {**dict.fromkeys(quiet, 0), **dict.fromkeys(busy, 1)}
            for place in range(len(interfaces))
        }
    return made
