"""Other clients' names for operations, and the docker CLI's, with the ones here."""

from __future__ import annotations

from collections.abc import Collection

__all__ = ["name_here"]

_OF_ENGINES = {
    "attach_socket": "containers.attach()",
    "build": "images.build()",
    "configure_plugin": "plugins.set()",
    "connect_container_to_network": "networks.connect()",
    "cp": "copy_to() or copy_from()",
    "create_container_from_config": "containers.create()",
    "df": "system.data_usage()",
    "diff": "containers.changes()",
    "disconnect_container_from_network": "networks.disconnect()",
    "exec_run": "execute()",
    "from_context": "moorage.connect(context=…)",
    "from_env": "moorage.connect()",
    "get_archive": "containers.archive()",
    "get_unlock_key": "swarm.unlock_key()",
    "import": "images.create(content, from_src='-').finish()",
    "import_image": "images.create(content, from_src='-').finish()",
    "login": "system.auth()",
    "logs": "containers.logs()",
    "prune_builds": "images.build_prune()",
    "ps": "containers.list()",
    "pull": "images.create(from_image=…).finish()",
    "push": "images.push().finish()",
    "rm": "containers.delete()",
    "rmi": "images.delete()",
    "run": "containers.create() and containers.start()",
    "save": "images.get_all()",
}
_OF_NAMESPACES = {
    "attach_socket": "attach()",
    "configure": "set()",
    "container": "inspect()",
    "create_or_replace": "delete() and create()",
    "diff": "changes()",
    "exec": "engine.execute()",
    "exec_run": "engine.execute()",
    "export_image": "get()",
    "force_update": "update()",
    "get": "inspect()",
    "get_archive": "archive()",
    "get_registry_data": "engine.distribution.inspect()",
    "get_unlock_key": "unlock_key()",
    "import_image": "load()",
    "install": "pull()",
    "log": "logs()",
    "ls": "list()",
    "ps": "list()",
    "pull": "create(from_image=…).finish()",
    "prune_builds": "build_prune()",
    "remove": "delete()",
    "rm": "delete()",
    "run": "create() and start()",
    "save": "get()",
    "show": "inspect()",
    "websocket": "attach_websocket()",
}
_VERBS = {"get": "inspect", "reload": "update", "remove": "delete"}
"""Verbs in names such as `remove_container`, and the operations here."""
_SHOWN = 3
"""Number of operations of one name that a message lists."""


def name_here(namespace: str | None, name: str, operations: Collection[str]) -> str | None:
    """Return our name for an operation of another client.

    Args:
        namespace: The namespace that lacks the name; None if it is the engine.
        name: The other client's name.
        operations: The operations here, like "containers.list".
    """
    if namespace is not None:
        known = _OF_NAMESPACES.get(name)
        elsewhere = [] if known else _named(name, operations)
        return known or (f"engine.{elsewhere[0]}()" if len(elsewhere) == 1 else None)
    if name in _OF_ENGINES:
        return _OF_ENGINES[name]
    found = _named(name, operations) or _nouned(name, operations)
    return " or ".join(f"{each}()" for each in found[:_SHOWN]) or None


def _named(name: str, operations: Collection[str]) -> list[str]:
    return [each for each in operations if each.partition(".")[2] == name]


def _nouned(name: str, operations: Collection[str]) -> list[str]:
    """Find the operation for a name of a verb and a noun in either order: `remove_container`."""
    pairs = (name.rpartition("_")[::2], name.partition("_")[::-2])
    return [
        operation
        for verb, noun in pairs
        for space in (noun, noun + "s", noun.removesuffix("s"))
        if (operation := f"{space}.{_VERBS.get(verb, verb)}") in operations
    ]
