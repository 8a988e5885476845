"""Secrets that a recording must not hold, blanked by their fields."""

from __future__ import annotations

import base64
import contextlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import evolve, fields

from moorage.model.base import layout
from moorage.testing.recordings.entry import Entry
from moorage.testing.server.contract import Contract, Kind, contract_of, kind_of
from moorage.versions.bundled import bundled_versions

__all__ = ["BLANK", "Secrets"]

BLANK = "(blanked)"
"""Placeholder of a secret."""

_VARIABLES = ("Env", "buildargs", "BuildArgs")
_TELLING = re.compile(r"pass|secret|token|key|credential|auth", re.IGNORECASE)
_CERTAIN = r"passw|passphrase|secret|token|credential"
_KEY = re.compile(rf"(?:[a-z][\w.-]*)?(?:{_CERTAIN})")
"""The keys of options that tell so: fields of the API begin with a capital letter."""
_PAIR = re.compile(rf"([\w.-]*(?:{_CERTAIN})[\w.-]*=)([^\s,;&\"']+)", re.IGNORECASE)
_SHORTEST = 6
"""Length from which a value does not occur in other text by chance."""
_JSON_PARAMETERS = ("buildargs",)
_USER = re.compile(r"(?<=://)[^/@\s]+(?=@)")
_INSTRUCTION = re.compile(
    rf"\b((?:ENV|ARG)\s+\w*(?:{_TELLING.pattern})\w*[= ])(\S+)", re.IGNORECASE
)


class Secrets:
    """Blanks secrets, and every later occurrence of them.

    Blanked are the fields that the generated classes keep out of their repr (passwords, tokens,
    keys, the data of secrets), variables and options whose names suggest a secret, the user in a
    URL, and the given secrets. Such a value is blanked from then on wherever it occurs.

    Args:
        given: More secrets.
    """

    def __init__(self, given: Iterable[str] = ()) -> None:
        self._known = {each for each in given if each}

    def learn_from(self, headers: Mapping[str, str]) -> None:
        """Learn the credentials in a request's headers, which are not written."""
        for name in ("x-registry-auth", "x-registry-config"):
            try:
                text = headers.get(name, "")
                document = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            except ValueError:
                continue
            for each in document.values() if name.endswith("config") else [document]:
                if isinstance(each, dict):
                    for key in ("password", "identitytoken", "registrytoken", "auth"):
                        self._blank(each.get(key))

    def blanked(self, entry: Entry) -> Entry:
        """Return an entry without secrets."""
        request, answer = entry.request, entry.answer
        if entry.operation:
            contract = _contract(entry)
            if contract.body is not None:
                request = self._by_kind(request, contract.body)
            if "json" in answer and entry.status < 300:
                answer = {"json": self._by_kind(answer["json"], contract.answer)}
        made = evolve(
            entry,
            request=self._by_name(request),
            answer=self._by_name(answer),
            query=self._query(entry.query),
        )
        for each in sorted(self._known, key=len, reverse=True):
            made = evolve(
                made,
                path=made.path.replace(each, BLANK),
                query=_without(made.query, each),
                request=_without(made.request, each),
                answer=_without(made.answer, each),
                headers=_without(made.headers, each),
            )
        return made

    def _blank(self, value: Any) -> Any:
        """Return the placeholder of a secret, and remember the secret."""
        if not value or value == BLANK:
            return value
        if isinstance(value, str) and len(value) >= _SHORTEST:
            self._known.add(value)
            with contextlib.suppress(ValueError):
                decoded = base64.b64decode(value, validate=True).decode()
                if len(decoded) >= _SHORTEST:
                    self._known.add(decoded)
        return BLANK

    def _by_kind(self, value: Any, kind: Kind) -> Any:
        """Blank the fields of models that are secret."""
        if kind.name == "list" and kind.item and isinstance(value, list):
            return [self._by_kind(each, kind.item) for each in value]
        if kind.name == "map" and kind.item and isinstance(value, dict):
            return {key: self._by_kind(each, kind.item) for key, each in value.items()}
        if kind.name == "model" and isinstance(value, dict):
            known, hidden = kind_of(kind.model), _hidden(kind.model)
            return {
                key: self._blank(each)
                if key in hidden
                else self._by_kind(each, known[key])
                if key in known
                else each
                for key, each in value.items()
            }
        return value

    def _by_name(self, value: Any) -> Any:
        """Blank variables and options whose names suggest a secret, and the user in a URL."""
        if isinstance(value, list):
            return [self._by_name(each) for each in value]
        if isinstance(value, dict):
            return {
                key: self._variables(each)
                if key in _VARIABLES
                else self._blank(each)
                if isinstance(each, str) and _KEY.match(key)
                else self._by_name(each)
                for key, each in value.items()
            }
        if isinstance(value, str):
            for form in (_INSTRUCTION, _PAIR):
                for found in form.finditer(value):
                    self._blank(found[2])
                value = form.sub(rf"\1{BLANK}", value)
            return _USER.sub(BLANK, value)
        return value

    def _variables(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key: self._blank(each) if _TELLING.search(key) else each
                for key, each in value.items()
            }
        if not isinstance(value, list):
            return value
        made = []
        for each in value:
            if not isinstance(each, str):
                made.append(self._by_name(each))
                continue
            name, equal, content = each.partition("=")
            secret = equal and content and _TELLING.search(name)
            made.append(f"{name}={self._blank(content)}" if secret else each)
        return made

    def _query(self, query: dict[str, Any]) -> dict[str, Any]:
        made = {name: self._by_name(value) for name, value in query.items()}
        for name in _JSON_PARAMETERS:
            if isinstance(made.get(name), str):
                try:
                    made[name] = json.dumps(self._variables(json.loads(made[name])))
                except ValueError:
                    made[name] = BLANK
        return made


def _contract(entry: Entry) -> Contract:
    version = entry.version if entry.version in bundled_versions() else bundled_versions()[-1]
    try:
        return contract_of(version, entry.operation)
    except AttributeError:  # the version lacks the operation
        return contract_of(bundled_versions()[-1], entry.operation)


def _hidden(model: Any) -> set[str]:
    """Name the fields that a class keeps out of its repr."""
    shown = {each.name: each.repr for each in fields(model)}
    places = layout(model).places
    return {wire for wire, (name, _) in places.items() if shown[name] is False}


def _without(value: Any, secret: str) -> Any:
    if isinstance(value, str):
        return value.replace(secret, BLANK)
    if isinstance(value, list):
        return [_without(each, secret) for each in value]
    if isinstance(value, dict):
        return {_without(key, secret): _without(each, secret) for key, each in value.items()}
    return value
