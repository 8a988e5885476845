"""Other clients' names, and the wire's, for keywords of moorage."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

__all__ = ["NOTES", "ONLY_EMPTY", "called_here", "in_our_names", "snake_case"]

# docker-py's keywords that differ from ours.
_DOCKER_PY = {
    "cgroupns": "cgroupns_mode",
    "command": "cmd",
    "cpuset": "cpuset_cpus",
    "dns_opt": "dns_options",
    "environment": "env",
    "fileobj": "content",
    "mem_limit": "memory",
    "mem_reservation": "memory_reservation",
    "mem_swappiness": "memory_swappiness",
    "memswap_limit": "memory_swap",
    "read_only": "readonly_rootfs",
    "remove": "auto_remove",
    "repository": "repo",
    "stderr": "attach_stderr",
    "stdin": "attach_stdin",
    "stdin_open": "open_stdin",
    "stdout": "attach_stdout",
    "stream": "follow",
    "workdir": "working_dir",
}

NOTES = {
    "detach": "use containers.attach or containers.logs to get a container's output",
    "encoding": "a body is sent as it is; compress it before",
    "network": "write host_config=HostConfig(network_mode=…)",
    "path": "give the context as content=, a tar archive",
    "ports": "write host_config=HostConfig(port_bindings={'80/tcp': [PortBinding(…)]}) to publish",
}
"""Advice for keywords that have no counterpart."""

ONLY_EMPTY = {
    "exposed_ports": "a published port is HostConfig(port_bindings={'80/tcp': [PortBinding(…)]})",
    "volumes": "a mount is HostConfig(binds=['/host:/container']) or HostConfig(mounts=[Mount(…)])",
}
"""Maps of which engines read only the keys, and the place for the rest."""


def called_here(name: str, known: Collection[str]) -> str | None:
    """Return our name for a keyword of another client.

    Args:
        name: The name in docker-py or on the wire.
        known: The keywords accepted here.
    """
    for ours in (snake_case(name), _DOCKER_PY.get(name), name.replace("_", "")):
        if ours in known and ours != name:
            return ours
    return None


def in_our_names(names: Iterable[object], known: Collection[str]) -> list[str]:
    """Translate names to ours, and drop unknown ones."""
    ours = [name if name in known else called_here(str(name), known) for name in names]
    return [str(name) for name in ours if name is not None]


def snake_case(name: str) -> str:
    """Convert a wire name to snake_case as the generator does."""
    name = re.sub(r"([A-Z]{2,})s(?![a-z])", lambda found: found[1].capitalize() + "s", name)
    name = name.replace("IPv", "Ipv").replace("IOps", "Iops").replace("SELinux", "Selinux")
    name = name.replace("UIDGID", "UidGid")
    name = re.sub(r"[^A-Za-z0-9]+", "_", name)
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).strip("_").lower()
