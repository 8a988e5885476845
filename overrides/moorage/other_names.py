"""The names that other clients, or the docker CLI, have for an operation, and the ones here."""

from __future__ import annotations

__all__ = ["name_here"]

_OF_ENGINES = {
    "build": "images.build()",
    "commit": "images.commit()",
    "df": "system.data_usage()",
    "events": "system.events()",
    "exec_run": "execute()",
    "info": "system.info()",
    "login": "system.auth()",
    "logs": "containers.logs()",
    "ping": "system.ping()",
    "ps": "containers.list()",
    "pull": "images.create(from_image=…).finish()",
    "push": "images.push().finish()",
    "run": "containers.create() and containers.start()",
    "version": "system.version()",
}
_OF_NAMESPACES = {
    "exec_run": "engine.execute()",
    "get": "inspect()",
    "get_archive": "archive()",
    "ls": "list()",
    "ps": "list()",
    "pull": "create(from_image=…).finish()",
    "remove": "delete()",
    "rm": "delete()",
    "run": "create() and start()",
}


def name_here(namespace: str | None, name: str) -> str | None:
    """Return what an operation of another client is called here.

    Args:
        namespace: The namespace that lacks the name; None if it is the engine.
        name: The name there.
    """
    return (_OF_ENGINES if namespace is None else _OF_NAMESPACES).get(name)
