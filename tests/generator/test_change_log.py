"""A version's folder says what the version changed."""

from __future__ import annotations

import ast
from typing import Any

from generator.__main__ import OUTPUT
from generator.change_log import Changes, change_log
from generator.ir import Api
from generator.share import Package, share
from moorage.versions.numbers import package_name
from tests.generator.small import document, operation, parsed, schema

STRING = {"type": "string"}
ALL = {"name": "all", "in": "query", "type": "boolean"}


def api(version: str, paths: dict[str, Any] | None = None, **types: Any) -> Api:
    listing = operation("ThingList", result={"$ref": "#/definitions/Top"})
    definitions = {
        "Top": schema(Low={"$ref": "#/definitions/Low"}),
        "Low": schema(X=STRING),
    }
    made = {"/things": {"get": listing}} if paths is None else paths
    return parsed(document(made, definitions | types, version))


def changes(*apis: Api) -> Changes:
    every = {each.version: each for each in apis}
    return change_log(every, share(every))[apis[-1].version]


def test_the_oldest_has_no_changes() -> None:
    oldest = changes(api("1.25"))
    assert not oldest
    assert oldest.text() == "API 1.25, the oldest bundled version."
    assert oldest.of_namespace("things") == ""


def test_nothing_changed() -> None:
    assert not changes(api("1.25"), api("1.26"))


def test_a_field() -> None:
    found = changes(api("1.25"), api("1.26", Low=schema(X={"type": "integer"}, New=STRING)))
    assert found.text().splitlines() == [
        "Changes of API 1.26, compared with API 1.25.",
        "",
        "Changed:",
        "",
        "- `Low`: new `new`; changed `x`",
        "",
        "As before, with types that changed: `things.list`, `Top`.",
    ]
    assert found.of_namespace("things").splitlines() == [
        "Changes of API 1.26, compared with API 1.25.",
        "",
        "As before, with types that changed: `list`.",
    ]


def test_operations() -> None:
    top = {"$ref": "#/definitions/Top"}
    paths = {
        "/all/things": {"get": operation("ThingList", parameters=[ALL], result=top)},
        "/things/{id}": {"delete": operation("ThingDelete")},
    }
    paths["/things/{id}"]["delete"]["parameters"] = [
        {"name": "id", "in": "path", "required": True, "type": "string"}
    ]
    found = changes(api("1.25"), api("1.26", paths))
    assert found.of_namespace("things").splitlines()[2:] == [
        "New in 1.26: `delete`.",
        "",
        "Changed: `list`.",
    ]
    assert "- `things.list`: new `all`; changed the endpoint" in found.text()
    gone = changes(api("1.25", paths), api("1.26"))
    assert gone.gone == ("things.delete",)
    assert "Gone: `delete`." in gone.of_namespace("things")


def test_only_what_changed_has_a_folder(apis: dict[str, Api], packages: dict[str, Package]) -> None:
    log = change_log(apis, packages)
    oldest = next(iter(apis))
    told = {package_name(version) for version, found in log.items() if found}
    assert {each.name for each in (OUTPUT / "since").glob("v*")} == {*told, package_name(oldest)}
    for folder in (OUTPUT / "since").glob("v*"):
        (only,) = ast.parse((folder / "__init__.py").read_text("utf-8")).body
        assert isinstance(only, ast.Expr), folder


def test_every_change_is_told(apis: dict[str, Api], packages: dict[str, Package]) -> None:
    for version, found in change_log(apis, packages).items():
        assert all(found.changed.values()), version
        if found.before is None:
            continue
        told = {*found.new, *found.changed, *found.rewritten}
        for module in packages[version].own:
            if module.folder == "models":
                assert {model.name for model in module.content} & told
            elif module.folder == "operations":
                assert f"{module.content.namespace}.{module.content.name}" in told
            elif module.folder == "namespaces":
                assert found.of_namespace(module.name).count("\n") > 1, (version, module.name)
