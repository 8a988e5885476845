"""Which fields of answers are never None, and how that was found out."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from generator.answers import Requirement, answer_models, load_requirements, settle
from generator.errors import BuildError
from generator.evidence import Evidence, written
from generator.ir import Api, ListOf, MapOf
from generator.overlay import holds_for
from tests.generator.small import document, operation, parsed, schema

STRING = {"type": "string"}
STRINGS = {"type": "array", "items": STRING}


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/definitions/{name}"}


def small(**definitions: Any) -> Api:
    """An API that answers with Given, which it does not take, and takes Taken, which it answers."""
    body = {"name": "body", "in": "body", "schema": ref("Taken")}
    things = {
        "get": operation(result=ref("Given")),
        "post": operation("ThingCreate", parameters=[body], result=ref("Taken")),
    }
    known = {
        "Given": schema(Name=STRING, Words=STRINGS, Inner=ref("Inner"), Taken=ref("Taken")),
        "Inner": schema(Size={"type": "integer"}),
        "Taken": schema(Name=STRING, Words=STRINGS),
    }
    return parsed(document({"/things": things}, known | definitions))


def test_models_that_only_answers_have() -> None:
    assert answer_models(small()) == {"Given", "Inner"}


def test_only_their_fields_are_never_none() -> None:
    api = settle(small(), [Requirement("Given", "name", ">=1.25")])
    fields = {
        f"{model.name}.{each.name}": (each.required, each.empty)
        for model in api.models.values()
        for each in model.fields
    }
    assert fields == {
        "Given.name": (True, False),
        "Given.words": (False, True),
        "Given.inner": (False, False),
        "Given.taken": (False, False),
        "Inner.size": (False, False),
        "Taken.name": (False, False),
        "Taken.words": (False, False),
    }


@pytest.mark.parametrize(
    ("model", "field"), [("Taken", "name"), ("Given", "nothing"), ("Nothing", "name")]
)
def test_a_requirement_that_fits_nothing(model: str, field: str) -> None:
    with pytest.raises(BuildError, match=rf"{model}\.{field} is not a field of a model that only"):
        settle(small(), [Requirement(model, field, ">=1.25")])
    settle(small(), [Requirement(model, field, ">=1.26")])


def test_a_model_that_requires_itself() -> None:
    api = small(Inner=schema(Given=ref("Given")))
    asked = [Requirement("Given", "inner", ""), Requirement("Inner", "given", "")]
    with pytest.raises(BuildError, match=r"Given requires Inner requires Given: one of them"):
        settle(api, asked)
    settle(api, asked[:1])


def test_evidence() -> None:
    apis = {version: small() for version in ("1.25", "1.26", "1.27")}
    evidence = Evidence(apis)
    evidence.add("old", "1.25", "things.list", {"Name": None, "Inner": {"Size": 0}})
    for version in apis:
        evidence.add("new", version, "things.list", {"Name": "", "Inner": {"Size": 1}, "Taken": {}})
    claims = {("Given", "name"): "", ("Inner", "size"): "<1.27", ("Given", "taken"): ">=1.26"}
    report = evidence.report(["old", "new"], claims)
    assert report == {
        "engines": ["old", "new"],
        "required": {
            "Given": {
                "name": {"versions": ">=1.26", "seen": [0, 2]},
                "taken": {"versions": ">=1.26", "seen": [0, 2]},
            },
            "Inner": {"size": {"versions": ">=1.25 <=1.26", "seen": [1, 2]}},
        },
        "contradicted": {
            "Given": {"name": {"versions": ">=1.25 <=1.25", "lacking": [1, 0], "seen": [0, 1]}}
        },
    }
    assert yaml.safe_load(written(report)) == report


def test_a_claim_that_was_not_seen_is_no_requirement() -> None:
    evidence = Evidence({"1.25": small()})
    assert evidence.report([], {("Given", "name"): ""})["required"] == {}
    with pytest.raises(BuildError, match=r"no version's answers have Taken\.name"):
        evidence.report([], {("Taken", "name"): ""})


def test_inspect_is_sure() -> None:
    sure = {each.field for each in load_requirements() if each.model == "ContainerInspectResponse"}
    assert sure >= {"id", "name", "state", "config", "host_config", "network_settings"}


@pytest.mark.parametrize("version", ["1.41", "1.44", "1.51"])
def test_most_fields_of_answers_are_not_optional(apis: dict[str, Api], version: str) -> None:
    api = apis[version]
    fields = [each for name in answer_models(api) for each in api.models[name].fields]
    sure = [each for each in fields if each.required or each.empty]
    assert len(fields) > 500
    assert len(sure) / len(fields) >= 0.65
    assert all(each.empty == isinstance(each.type, ListOf | MapOf) for each in fields)


def test_every_requirement_holds_somewhere(apis: dict[str, Api]) -> None:
    for each in load_requirements():
        assert any(holds_for(each.versions, version) for version in apis)
