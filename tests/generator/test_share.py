"""A version's package holds only what that version changed."""

from __future__ import annotations

from graphlib import TopologicalSorter
from typing import Any

from generator.ir import Api, Model, Ref
from generator.share import Package, Part, model_refs, operation_refs, share
from tests.generator.small import document, operation, parsed, schema

STRING = {"type": "string"}
LOW = {"$ref": "#/definitions/Low"}


def api(version: str, path: str = "/things", doc: str = "", **types: Any) -> Api:
    made = operation("ThingList", result={"$ref": "#/definitions/Top"}, description=doc)
    definitions = {
        "Top": schema(Middle={"$ref": "#/definitions/Middle"}, Other={"$ref": "#/definitions/O"}),
        "Middle": schema(Low={"$ref": "#/definitions/Low"}),
        "Low": schema(X=STRING),
        "O": schema(Y=STRING),
    }
    return parsed(document({path: {"get": made}}, definitions | types, version))


def own(package: Package) -> set[str]:
    return {f"{module.folder}/{module.name}" for module in package.own}


def shared(*apis: Api) -> dict[str, Package]:
    return share({each.version: each for each in apis})


ALL = {"models/top", "models/middle", "models/low", "models/o", "operations/things_list",
       "namespaces/things"}  # fmt: skip


def test_the_same_twice_is_written_once() -> None:
    packages = shared(api("1.25"), api("1.26"))
    assert own(packages["1.25"]) == ALL
    assert own(packages["1.26"]) == set()
    assert packages["1.26"].models["Low"] is packages["1.25"].models["Low"]
    # All four types are loaded together, so they share the module of the one at the top.
    assert packages["1.26"].models["Low"].path == "moorage_api.since.v1_25.models.top"


def test_a_change_reaches_all_that_refers_to_it_and_no_more() -> None:
    low: dict[str, Any] = {"Low": schema(X=STRING, New=STRING)}
    packages = shared(api("1.25"), api("1.26", **low), api("1.27", **low))
    assert own(packages["1.26"]) == ALL - {"models/o"}
    assert own(packages["1.27"]) == set()
    assert packages["1.27"].models["Top"].version == "1.26"
    assert packages["1.27"].models["O"].version == "1.25"


def test_what_comes_back_is_the_old_one() -> None:
    packages = shared(api("1.25"), api("1.26", Low=schema(Z=STRING)), api("1.27"))
    assert own(packages["1.27"]) == set()
    assert packages["1.27"].models["Top"].version == "1.25"


def test_an_operation_that_changed_leaves_the_models() -> None:
    packages = shared(api("1.25"), api("1.26", path="/new/things"))
    assert own(packages["1.26"]) == {"operations/things_list", "namespaces/things"}


def test_prose_alone_is_no_change_and_the_newest_counts() -> None:
    old = api("1.25", doc="Old words.", Low={**schema(X=STRING), "description": "Old."})
    new = api("1.26", doc="New words.", Low={**schema(X=STRING), "description": "New."})
    packages = shared(old, new)
    assert own(packages["1.26"]) == set()
    (low,) = packages["1.25"].models["Low"].content
    assert low.doc == "New."
    assert packages["1.25"].operations["ThingList"].content.doc == "New words."


def test_models_that_refer_to_each_other_share_a_module() -> None:
    one = {"$ref": "#/definitions/Middle"}
    circle: dict[str, Any] = {"Low": schema(Up=one, Self={"$ref": "#/definitions/Low"})}
    packages = shared(api("1.25", **circle), api("1.26", **circle))
    module = packages["1.25"].models["Low"]
    assert module is packages["1.25"].models["Middle"]
    assert [model.name for model in module.content] == ["Low", "Middle"]
    assert own(packages["1.26"]) == set()


def test_models_that_not_every_call_needs_have_modules_of_their_own() -> None:
    packages = shared(api("1.25"), api("1.26", Middle=schema(Low=LOW, New=STRING)))
    paths = {name: part.path for name, part in packages["1.26"].models.items()}
    assert paths == {
        "Top": "moorage_api.since.v1_26.models.top",
        "Middle": "moorage_api.since.v1_26.models.top",
        "Low": "moorage_api.since.v1_25.models.low",
        "O": "moorage_api.since.v1_25.models.low",
    }


def test_no_call_loads_more_than_it_needs(packages: dict[str, Package]) -> None:
    parts = [part for package in packages.values() for part in package.own]
    modules: dict[str, set[str]] = {}
    for part in parts:
        modules.setdefault(part.path, set()).add(part.key)
    for part in parts:
        if part.folder == "operations":
            needed = reached(part)
            loaded = set().union(*(modules[each.path] for each in needed.values()))
            assert loaded == needed.keys(), part.key


def test_modules_do_not_import_each_other(packages: dict[str, Package]) -> None:
    imports: dict[str, set[str]] = {}
    for package in packages.values():
        for part in package.models.values():
            homes = {home.path for home in part.homes.values()} - {part.path}
            imports.setdefault(part.path, set()).update(homes)
    TopologicalSorter(imports).prepare()  # it raises CycleError


def reached(part: Part) -> dict[str, Part]:
    found: dict[str, Part] = {}
    left = [*part.homes.values()]
    while left:
        each = left.pop()
        if each.key not in found:
            found[each.key] = each
            left += each.homes.values()
    return found


def test_every_version_has_all_that_it_refers_to(
    apis: dict[str, Api], packages: dict[str, Package]
) -> None:
    for version, package in packages.items():
        models = apis[version].models
        assert set(package.models) == set(models)
        for name, module in package.models.items():
            (model,) = [each for each in module.content if each.name == name]
            assert model == models[name]  # prose aside
            check_homes(package, model_refs(model), module.homes, module.content)
        assert set(package.operations) == {each.id for each in apis[version].operations}
        for each in apis[version].operations:
            module = package.operations[each.id]
            assert module.content == each
            check_homes(package, operation_refs(each), module.homes, ())
        for namespace, module in package.namespaces.items():
            members = {e.name: e.id for e in apis[version].operations if e.namespace == namespace}
            assert {each.name: each.id for each in module.content} == members
            assert all(module.homes[id_] is package.operations[id_] for id_ in members.values())


def check_homes(package: Package, refs: Any, homes: Any, inside: tuple[Model, ...]) -> None:
    for ref in refs:
        if ref not in {model.name for model in inside}:
            assert homes[ref] is package.models[ref]


def test_most_is_shared(apis: dict[str, Api], packages: dict[str, Package]) -> None:
    whole = sum(len(each.models) + len(each.operations) for each in apis.values())
    written = sum(len(each.own) for each in packages.values())
    assert written < whole / 4
    assert Ref("Volume") in {each.result for each in apis["1.25"].operations}
