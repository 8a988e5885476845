"""Docstrings, as documentation tools read them: Google's style, without a warning."""

from __future__ import annotations

import inspect
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import griffe
import pytest

from generator.__main__ import OUTPUT
from generator.ir import Api, Scalar
from generator.share import Package
from generator.versions import ROOT
from generator.wording import RULES, reworded
from moorage_api import newest, v1_44

# Forms of the wire that moorage encodes to, and never asks a caller for.
WIRE = re.compile(
    r"base64(url)?[- ]+encoded|JSON[- ]encoded|encoded as (a )?JSON|URI component|map\[string\]",
    re.IGNORECASE,
)


def files(package: Package) -> list[Path]:
    parts = (package.models, package.operations, package.namespaces)
    paths = {module.path for part in parts for module in part.values()}
    return [OUTPUT.parent.joinpath(*path.split(".")).with_suffix(".py") for path in sorted(paths)]


def docstrings(node: griffe.Object | griffe.Alias) -> Iterator[griffe.Docstring]:
    if node.is_alias:
        return
    if node.docstring is not None:
        yield node.docstring
    for each in node.members.values():
        yield from docstrings(each)


def read(file: Path) -> int:
    """Parse all docstrings of a file, and count them."""
    text = file.read_text(encoding="utf-8")
    google = griffe.Parser.google
    module = griffe.visit(file.stem, filepath=file, code=text, docstring_parser=google)
    return sum(bool(each.parsed) for each in docstrings(module))


@pytest.fixture
def warnings(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.WARNING, "griffe")
    return caplog


def test_a_bad_docstring_is_noticed(tmp_path: Path, warnings: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "bad.py"
    file.write_text('def f(a: int) -> None:\n    """F.\n\n    Args:\n        no colon\n    """\n')
    read(file)
    assert warnings.messages


@pytest.mark.parametrize("version", ["1.25", "1.44", "newest"])
def test_the_generated_docstrings(
    version: str, packages: dict[str, Package], warnings: pytest.LogCaptureFixture
) -> None:
    package = packages[list(packages)[-1] if version == "newest" else version]
    assert sum(read(file) for file in files(package)) > 1000
    assert warnings.messages == []


@pytest.mark.parametrize("package", ["moorage", "moorage_pytest"])
def test_the_hand_written_docstrings(package: str, warnings: pytest.LogCaptureFixture) -> None:
    assert sum(read(file) for file in (ROOT / "overrides" / package).rglob("*.py")) > 80
    assert warnings.messages == []


def test_no_argument_asks_for_the_wire_s_form(apis: dict[str, Api]) -> None:
    for version, api in apis.items():
        for operation in api.operations:
            for each in operation.parameters:
                assert not WIRE.search(each.doc), (version, operation.id, each.name)
            assert not WIRE.search(operation.doc), (version, operation.id)


def test_bytes_are_not_described_as_base64(apis: dict[str, Api]) -> None:
    for api in apis.values():
        for model in api.models.values():
            for field in model.fields:
                if field.type == Scalar("bytes"):
                    assert "base64" not in field.doc.lower(), (model.name, field.name)


@pytest.mark.parametrize(
    ("place", "text", "better"),
    [
        (
            "filters",
            "JSON encoded value of the filters (a `map[string][]string`) to use.",
            "Filters to use.",
        ),
        ("text", "JSON encoded value of the filters.", None),
        ("auth", "A base64-encoded auth configuration.", "Credentials for the registry."),
        ("bytes", "Base64-url-safe-encoded secret data.", "Data of the secret."),
        ("hijack", "Attach.\n\nHijacking:\n\nThe wire.", "Attach."),
    ],
)
def test_rewording(place: str, text: str, better: str | None) -> None:
    assert reworded(place, text) == (text if better is None else better)


def test_every_rule_names_a_place() -> None:
    assert all(rule.places for rule in RULES)


@pytest.mark.parametrize("package", [newest, v1_44], ids=["newest", "1.44"])
@pytest.mark.parametrize("side", ["Engine", "AsyncEngine"])
def test_the_fields_of_a_body_show(package: object, side: str) -> None:
    engine = getattr(package, side)(None)
    signature = inspect.signature(engine.containers.create)
    assert list(signature.parameters)[:2] == ["body", "name"]
    assert signature.parameters["image"].annotation == "str | None"
    assert signature.parameters["host_config"].default is None
    assert not any(each.kind is each.VAR_KEYWORD for each in signature.parameters.values())
    text = inspect.getdoc(engine.containers.create) or ""
    assert "image (str): The name (or reference) of the image" in text
    signature.bind(image="busybox", name="x", timeout=1)
    signature.bind(object(), name="x")
    with pytest.raises(TypeError):
        signature.bind(imagge="busybox")


def test_a_required_field_may_come_within_the_body() -> None:
    method = newest.Engine(None).networks.create  # type: ignore[arg-type]
    inspect.signature(method).bind(object())
