"""Secrets and configs can't be changed: a new one of the same name gets a number.

The first has the name itself, the second "name.2". Labels tell them apart from others.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, NamedTuple

from moorage.errors import Conflict, NotFound
from moorage.transport.steps import Await, Call, Steps
from moorage.verbs.convergence import converged
from moorage.verbs.models import make
from moorage.verbs.services import change

__all__ = ["Stored", "newest", "put", "references"]

_NAME = "moorage-name"
_NUMBER = "moorage-number"
_DIGEST = "moorage-digest"
_ATTEMPTS = 10


class Stored(NamedTuple):
    """A secret or a config in the swarm."""

    id: str
    name: str
    """Its own name: "password", or "password.2"."""
    created: bool
    """Whether it was created; if not, the newest one had the same content."""


def put(
    client: Any,
    kind: str,
    name: str,
    data: bytes,
    fields: Mapping[str, Any],
    *,
    rotate: bool,
    seconds: float | None,
) -> Steps[Stored]:
    """Ensure that the newest object of a name has this content."""
    if not isinstance(data, bytes | bytearray):
        raise TypeError(f"a {kind} is bytes, not {type(data).__name__}")
    given = {key: value for key, value in fields.items() if value not in (None, {})}
    if rotate:  # before anything is created: Podman has secrets, and no services
        yield Await(client.services.list)
    stored = yield from _put(client, kind, name, bytes(data), given)
    if rotate:
        yield from _rotate(client, kind, name, stored, seconds)
    return stored


def _put(client: Any, kind: str, name: str, data: bytes, given: dict[str, Any]) -> Steps[Stored]:
    attempt = 0
    while True:
        found = yield from _series(client, kind, name)
        latest = found[-1] if found else None
        if latest is not None:
            known = (latest.spec.labels or {}).get(_DIGEST)
            if known and known == (yield Call(partial(_digest, data, given, known))):
                return Stored(latest.id, latest.spec.name, created=False)
        number = _number(latest) + 1 if latest is not None else 1
        own = name if number == 1 else f"{name}.{number}"
        labels = {_NAME: name, _NUMBER: str(number)}
        labels[_DIGEST] = yield Call(partial(_digest, data, given))
        all_ = {**given, "labels": {**given.get("labels", {}), **labels}}
        create = _namespace(client, kind).create
        try:
            made = yield Await(lambda: create(name=own, data=data, **all_))  # noqa: B023
        except Conflict:  # someone else was quicker
            attempt += 1
            if attempt == _ATTEMPTS:
                raise
        else:
            return Stored(made.id, own, created=True)


def newest(client: Any, kind: str, name: str) -> Steps[Any]:
    """Return the newest object of a name.

    Raises:
        NotFound: It does not exist.
    """
    found = yield from _named(client, kind, name)
    if not found:
        raise NotFound(404, f"{kind} {name} not found", f"{kind.capitalize()}List")
    return found[-1]


def references(client: Any, kind: str, asked: Iterable[tuple[Any, str | None]]) -> Steps[list[Any]]:
    """Refer to objects by their names, in a service; models stay as they are."""
    found = []
    for name, target in asked:
        if not isinstance(name, str):
            found.append(name)
            continue
        about = yield from newest(client, kind, name)
        where = target or (name if kind == "secret" else f"/{name}")
        model = f"ContainerSpec{kind.capitalize()}"
        file = {"name": where, "uid": "0", "gid": "0", "mode": 0o444}
        fields = {
            "file": make(client, f"{model}File", file, "deploy"),
            f"{kind}_id": about.id,
            f"{kind}_name": about.spec.name,
        }
        found.append(make(client, model, fields, "deploy"))
    return found


def _named(client: Any, kind: str, name: str) -> Steps[list[Any]]:
    """List the objects that are put under a name, or called so; the newest last."""
    if not isinstance(name, str):
        raise TypeError(f"the name of a {kind} is a str, not {type(name).__name__}")
    # The filter matches prefixes.
    listed = yield Await(partial(_namespace(client, kind).list, filters={"name": [name]}))
    found = [each for each in listed if name in (each.spec.name, _put_name(each))]
    return sorted(found, key=_number)


def _series(client: Any, kind: str, name: str) -> Steps[list[Any]]:
    """List the objects that are put under a name; "key.2" is one of "key", and none of "key.2"."""
    return [each for each in (yield from _named(client, kind, name)) if _put_name(each) == name]


def _put_name(found: Any) -> str:
    return str((found.spec.labels or {}).get(_NAME, found.spec.name))


def _number(found: Any) -> int:
    text = (found.spec.labels or {}).get(_NUMBER, "")
    return int(text) if text.isdecimal() else 1


def _namespace(client: Any, kind: str) -> Any:
    return client.secrets if kind == "secret" else client.configs


def _digest(data: bytes, given: Mapping[str, Any], known: str = "") -> str:
    """Digest an object's content, so that it is neither stored nor easily guessed."""
    from hashlib import scrypt
    from secrets import token_hex

    salt = known.partition(":")[0] or token_hex(16)
    about = {key: getattr(value, "to_dict", lambda v=value: v)() for key, value in given.items()}
    content = json.dumps(about, sort_keys=True).encode() + b"\0" + data
    return f"{salt}:{scrypt(content, salt=salt.encode(), n=1 << 14, r=8, p=1, dklen=32).hex()}"


def _rotate(
    client: Any, kind: str, name: str, stored: Stored, seconds: float | None
) -> Steps[None]:
    """Give every service the newest object of a name, and remove the others."""
    found = yield from _series(client, kind, name)
    old = {each.id for each in found if each.id != stored.id}
    if not old:
        return

    def held(spec: Any) -> list[Any]:
        template = spec.task_template
        container = None if template is None else template.container_spec
        mounted = getattr(container, f"{kind}s", None) or []
        return [each for each in mounted if getattr(each, f"{kind}_id") in old]

    def replaced(service: Any) -> Any:
        for each in held(service.spec):
            setattr(each, f"{kind}_id", stored.id)
            setattr(each, f"{kind}_name", stored.name)
        return service.spec

    services = yield Await(client.services.list)
    for each in services:
        if held(each.spec):
            yield from change(client, each.id, replaced)
            yield from converged(client, each.id, seconds, None)
    for each in sorted(old):
        yield Await(partial(_namespace(client, kind).delete, each))
