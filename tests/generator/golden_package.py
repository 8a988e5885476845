"""Render a small specification of our own, of which tests/generator/golden keeps the output.

`make golden` renews it, so that the change of a template shows what it does.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from generator.build import apis_of
from generator.change_log import change_log
from generator.history import date
from generator.overlay import Action
from generator.render import Renderer
from generator.share import share
from generator.write import replace_folder
from tests.generator.small import document, operation, schema

GOLDEN = Path(__file__).with_name("golden")

TEXT = {"type": "string"}
ID = {"name": "id", "in": "path", "required": True, "type": "string", "description": "ID."}


def _query(name: str, description: str, **type_: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, **type_}


def _parcel(**more: Any) -> dict[str, Any]:
    """Describe a model with a field of each sort."""
    return {
        **schema(
            Id={**TEXT, "description": "The ID."},
            Size={"type": "integer", "description": "Size in bytes. Zero means that it is empty."},
            Kind={"type": "string", "enum": ["letter", "box"], "description": "What it is."},
            Labels={"type": "object", "additionalProperties": TEXT, "description": "Labels."},
            Parts={"type": "array", "items": {"$ref": "#/definitions/Part"}},
            Seal={**TEXT, "description": "A secret."},
            Data={**TEXT, "description": "Base64-url-safe-encoded secret data."},
            Env={"type": "array", "items": TEXT, "description": "Variables."},
            **more,
        ),
        "required": ["Id"],
        "description": "A parcel in the depot.",
    }


def _document(version: str) -> dict[str, Any]:
    newer = version != "1.25"
    parcel = {"$ref": "#/definitions/Parcel"}
    filters = (
        "A JSON encoded value of the filters (a `map[string][]string`) to process on the list."
        " Available filters:\n\n- `label=<key>`\n- `size=<bytes>`\n"
    )
    listed = [_query("filters", filters, type="string"), _query("all", "Show all.", type="boolean")]
    if newer:
        listed.append(_query("limit", "Return this many.", type="integer"))
    body = {"name": "body", "in": "body", "description": "A parcel.", "schema": parcel}
    archive = {"name": "inputStream", "in": "body", "schema": {**TEXT, "format": "binary"}}
    attach = {"name": "body", "in": "body", "schema": {"$ref": "#/definitions/AttachConfig"}}
    errors = {"404": {"description": "no such parcel", "schema": schema(message=TEXT)}}
    one, many = [ID], {"type": "array", "items": parcel}
    paths = {
        "/parcels/json": {"get": operation("ParcelList", parameters=listed, result=many)},
        "/parcels/create": {"post": operation("ParcelCreate", parameters=[body], result=parcel)},
        "/parcels/load": {
            "post": operation(
                "ParcelLoad", parameters=[archive], consumes=["application/x-tar"], result=parcel
            )
        },
        "/parcels/events": {"get": operation("ParcelEvents", result=parcel)},
        "/parcels/{id}": {"delete": operation("ParcelDelete", parameters=one)},
        "/parcels/{id}/note": {
            "get": operation("ParcelNote", parameters=one, produces=["text/plain"], result=TEXT)
        },
        "/parcels/{id}/stat": {"head": operation("ParcelStat", parameters=one)},
        "/parcels/{id}/path": {"head": operation("ParcelPath", parameters=one)},
        "/parcels/{id}/logs": {"get": operation("ParcelLogs", parameters=one)},
        "/parcels/{id}/export": {"get": operation("ParcelExport", parameters=one)},
        "/parcels/{id}/attach": {"post": operation("ParcelAttach", parameters=[ID, attach])},
        "/parcels/{id}/attach/ws": {"get": operation("ParcelAttachWebsocket", parameters=one)},
    }
    for methods in paths.values():
        for each in methods.values():
            each.update(tags=["Parcel"], summary=f"Do what {each['operationId']} does")
            each["responses"].update(errors)
    newest = {"Weight": {"type": "integer", "description": "Weight in grams."}} if newer else {}
    definitions = {
        "AttachConfig": schema(Detach={"type": "boolean", "description": "Come back at once."}),
        "Part": schema(Name={**TEXT, "description": "A part's name."}),
        "Parcel": _parcel(**newest),
    }
    return document(paths, definitions, version) | {"tags": [{"name": "Parcel"}]}


def _actions() -> list[Action]:
    process = {"path": "/parcels/{id}/json", "tty": ["Tty"], "running": ["Running"]}
    marks = {
        "ParcelLoad": {"x-moorage-kind": "json_stream"},
        "ParcelEvents": {"x-moorage-kind": "events"},
        "ParcelPath": {"x-moorage-kind": "path_stat"},
        "ParcelLogs": {"x-moorage-kind": "frames", "x-moorage-process": process},
        "ParcelExport": {"x-moorage-kind": "download"},
        "ParcelAttach": {
            "x-moorage-kind": "hijack",
            "x-moorage-detach": "Detach",
            "x-moorage-upgrade": "tcp",
            "x-moorage-process": process,
        },
        "ParcelAttachWebsocket": {"x-moorage-kind": "websocket"},
    }
    places = {f"$.paths[*][?@.operationId == '{id_}']": update for id_, update in marks.items()}
    fields = {"Seal": "secret", "Data": "bytes", "Env": "variables"}
    places |= {
        f"$.components.schemas.Parcel.properties.{name}": {f"x-moorage-{mark}": True}
        for name, mark in fields.items()
    }
    return [Action("golden", target, ">=1.25", update, False) for target, update in places.items()]


def write(folder: Path) -> None:
    """Render the package of two versions into a folder, laid out as the real one is."""
    documents = {version: _document(version) for version in ("1.25", "1.26")}
    apis = date(apis_of(documents, _actions(), {}), list(documents))
    packages = share(apis)
    renderer = Renderer()
    files = {
        name: text
        for version, changes in change_log(apis, packages).items()
        for name, text in renderer.package(packages[version], changes).items()
    }
    replace_folder(folder, files)


def contents(folder: Path) -> dict[str, str]:
    """Read the files of a folder by their paths."""
    found = (file for file in folder.rglob("*") if file.is_file() and file.suffix != ".pyc")
    return {file.relative_to(folder).as_posix(): file.read_text("utf-8") for file in found}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        write(Path(made) / "golden")
        replace_folder(GOLDEN, contents(Path(made) / "golden"))
    print(f"{len(contents(GOLDEN))} files in {GOLDEN}")
