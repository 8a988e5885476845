"""Check recorded responses for the fields that engines are claimed to always send.

`overrides/spec/claims.yaml` has the claims: fields that the engines' own types always send. A claim
that a recording contradicts is not a requirement, and neither is a field that was always seen but
not claimed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from generator.answers import answer_models
from generator.errors import BuildError
from generator.ir import Api, Either, ListOf, MapOf, Ref, Type
from generator.load import read_yaml
from generator.overlay import FOLDER, holds_for, is_range

__all__ = ["CLAIMS", "Claims", "Evidence", "load_claims", "written"]

CLAIMS = FOLDER / "claims.yaml"

HEADER = """\
# Fields that every engine always sends, in models that only answers have: none of them is optional.
# Written by `make evidence`: the claims of claims.yaml, checked against recorded answers. `seen` is
# how often each engine sent the field, at those of the versions that it speaks; none left it out or
# sent null. A claim that does not hold stands under `contradicted`.
"""

Claims = dict[tuple[str, str], str]
"""The range of versions, by model and field; an empty range means all that have the field."""

Place = tuple[str, str, str]
"""A version, a model and a field."""


def load_claims(file: Path = CLAIMS) -> Claims:
    """Read the claims.

    Raises:
        BuildError: A range of versions is malformed.
    """
    claims: Claims = {}
    for model, fields in read_yaml(file).items():
        for each in fields:
            ((name, versions),) = each.items() if isinstance(each, dict) else [(each, "")]
            if not is_range(versions):
                raise BuildError(f"{file}: {model}.{name}: {versions!r} is not a range of versions")
            claims[model, name] = versions
    return claims


@dataclass
class Evidence:
    """Counts how often engines sent each field of models that only responses have."""

    apis: Mapping[str, Api]
    seen: dict[Place, Counter[str]] = field(default_factory=dict)
    """Number of times that an engine sent a value."""
    lacking: dict[Place, Counter[str]] = field(default_factory=dict)
    """Number of times that an engine sent null or nothing."""

    def __post_init__(self) -> None:
        self._answers = {version: answer_models(api) for version, api in self.apis.items()}
        self._results = {
            version: {f"{each.namespace}.{each.name}": each.result for each in api.operations}
            for version, api in self.apis.items()
        }

    def add(self, engine: str, version: str, operation: str, document: Any) -> None:
        """Count the fields of a JSON document in an engine's response."""
        self._walk(engine, version, self._results[version][operation], document)

    def _walk(self, engine: str, version: str, type_: Type | None, value: Any) -> None:
        match type_:
            case Either(either):
                self._walk(engine, version, either, value)
            case ListOf(item) if isinstance(value, list):
                for each in value:
                    self._walk(engine, version, item, each)
            case MapOf(item) if isinstance(value, dict):
                for each in value.values():
                    self._walk(engine, version, item, each)
            case Ref(model) if isinstance(value, dict):
                for known in self.apis[version].models[model].fields:
                    found = value.get(known.wire)
                    if model in self._answers[version]:
                        counts = self.lacking if found is None else self.seen
                        place = (version, model, known.name)
                        counts.setdefault(place, Counter())[engine] += 1
                    self._walk(engine, version, known.type, found)

    def report(self, engines: Iterable[str], claims: Claims) -> dict[str, Any]:
        """Join the counts with the claims: required fields, and contradicted claims.

        Args:
            engines: The engines, in the order of their counts.
            claims: The claims of `load_claims`.

        Raises:
            BuildError: A claim is about a field that no version's answers have.
        """
        order = list(engines)
        required: dict[str, dict[str, Any]] = {}
        contradicted: dict[str, dict[str, Any]] = {}
        for (model, name), versions in sorted(claims.items()):
            having = [each for each in self._having(model, name) if holds_for(versions, each)]
            if not having:
                raise BuildError(f"claims.yaml: no version's answers have {model}.{name}")
            false = [each for each in having if (each, model, name) in self.lacking]
            true = [each for each in having if each not in false]
            if false:
                contradicted.setdefault(model, {})[name] = {
                    "versions": " and ".join(_runs(false, list(self.apis))),
                    "lacking": self._counts(self.lacking, false, model, name, order),
                    "seen": self._counts(self.seen, false, model, name, order),
                }
            seen = self._counts(self.seen, true, model, name, order)
            spans = _runs(true, list(self.apis))
            # A field that comes and goes is unreliable.
            if any(seen) and len(spans) == 1:
                required.setdefault(model, {})[name] = {"versions": spans[0], "seen": seen}
        return {"engines": order, "required": required, "contradicted": contradicted}

    def _having(self, model: str, name: str) -> list[str]:
        return [
            version
            for version, api in self.apis.items()
            if model in self._answers[version]
            and any(each.name == name for each in api.models[model].fields)
        ]

    @staticmethod
    def _counts(
        counts: Mapping[Place, Counter[str]],
        versions: Iterable[str],
        model: str,
        name: str,
        engines: Iterable[str],
    ) -> list[int]:
        total: Counter[str] = Counter()
        for version in versions:
            total += counts.get((version, model, name), Counter())
        return [total[engine] for engine in engines]


def _runs(versions: Iterable[str], known: list[str]) -> list[str]:
    """Write versions as ranges: one for each run among the known versions."""
    places = sorted(map(known.index, versions))
    made = []
    while places:
        first = last = places.pop(0)
        while places and places[0] == last + 1:
            last = places.pop(0)
        low = f">={known[first]}"
        made.append(low if last == len(known) - 1 else f"{low} <={known[last]}")
    return made


def written(report: Mapping[str, Any]) -> str:
    """Write a report in the form of `overrides/spec/required.yaml`."""
    lines = [
        *HEADER.splitlines(),
        f"engines: [{', '.join(map(_quoted, report['engines']))}]",
    ]
    for part in ("required", "contradicted"):
        lines.append(f"{part}:" if report[part] else f"{part}: {{}}")
        for model, fields in report[part].items():
            lines.append(f"  {model}:")
            for name, entry in fields.items():
                counts = "".join(
                    f", {key}: [{', '.join(map(str, value))}]"
                    for key, value in entry.items()
                    if key != "versions"
                )
                lines.append(f"    {name}: {{versions: {_quoted(entry['versions'])}{counts}}}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return f'"{text}"'
