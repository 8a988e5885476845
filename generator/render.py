"""Render modules as Python with the templates of overrides/templates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jinja2

from generator import encodings, python
from generator.history import Span
from generator.ir import Field, Model, Operation, Parameter, refs
from generator.names import class_name
from generator.share import Module, Package, operation_refs
from generator.verbs import Fields, Verb
from generator.versions import ROOT
from moorage.versions import package_name

__all__ = ["TEMPLATES", "Renderer"]

TEMPLATES = ROOT / "overrides" / "templates"

# The kinds of plain responses: the transport's method for each; the async one is awaited.
METHODS = {
    "json": "json",
    "nothing": "nothing",
    "text": "text",
    "headers": "headers",
    "path_stat": "headers",
}

# The kinds of streams: the class of each, which opens when it is entered or iterated.
STREAMS = {
    "frames": "Frames",
    "json_stream": "JsonStream",
    "events": "Events",
    "download": "Download",
    "hijack": "Session",
    "websocket": "WebSocket",
}


class Option(NamedTuple):
    """What a method takes besides what the API has: how the call is to go."""

    name: str
    annotation: str
    default: str
    doc: str


TIMEOUT = Option(
    "timeout",
    "float | None",
    "None",
    "the seconds the engine may be silent; else as `connect` has it.",
)
TIMEOUTS = (
    Option(
        "idle_timeout",
        "float | None",
        "None",
        "the seconds in which no byte comes, and none goes; without it, there is no limit.",
    ),
    Option(
        "total_timeout",
        "float | None",
        "None",
        "the seconds that all of it may take; without it, there is no limit.",
    ),
)
PROGRESS = Option(
    "progress",
    "Progress | None",
    "None",
    "is called with the bytes that have been sent, each time that some have.",
)
RAISE_ERRORS = Option(
    "raise_errors",
    "bool",
    "True",
    "whether an error that the engine reports is raised; else it is an item as others are.",
)


class Renderer:
    """Renders all kinds of modules; the folders of the templates mirror those of the output."""

    def __init__(self, folder: Path = TEMPLATES) -> None:
        self._environment = jinja2.Environment(  # noqa: S701 - Python is rendered, no HTML
            loader=jinja2.FileSystemLoader(folder),
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
            keep_trailing_newline=True,
        )
        self._environment.globals.update(
            {name: getattr(python, name) for name in python.__all__},
            class_name=class_name,
            field_prose=_field_prose,
            model_prose=_model_prose,
            argument=encodings.argument,
            encoded=encodings.encoded,
            path_expression=encodings.path_expression,
        )

    def top(
        self,
        sources: Mapping[str, str],
        operations: Mapping[str, Span],
        keywords: Mapping[str, Mapping[str, Span]],
        fields: Mapping[str, Mapping[str, Span]],
    ) -> dict[str, str]:
        """Render what stands beside the versions' packages, by its path.

        Args:
            sources: the sha256 of each version's spec, the oldest first.
            operations: the first and the last version of each.
            keywords: the same of what each takes by name.
            fields: the same of the fields that a model has not in all its versions.
        """
        versions = list(sources)
        package = package_name(versions[-1])
        return {
            "__init__.py": self._render("__init__.py", versions=versions),
            "newest.py": self._render("newest.py", package=package),
            "py.typed": "",
            "availability.py": self._render(
                "availability.py", operations=operations, keywords=keywords, fields=fields
            ),
            "sources.py": self._render("sources.py", sources=sources),
        }

    def package(self, package: Package) -> dict[str, str]:
        """Render what is one version's own, by its path."""
        folder = package_name(package.version)
        files = {
            f"{folder}/__init__.py": self._render(
                "package.py",
                version=package.version,
                package=folder,
                models=dict(sorted((package.models | package.fields).items())),
            ),
            f"{folder}/engine.py": self._render(
                "engine.py",
                version=package.version,
                namespaces=package.namespaces,
                docs={name: _namespace_doc(name) for name in package.namespaces},
                verbs=package.verbs,
            ),
        }
        renderers = {
            "models": self._models,
            "operations": self._operation,
            "methods": self._verb,
        }
        for module in package.own:
            render = renderers.get(module.folder, self._namespace)
            files[f"{folder}/{module.folder}/{module.name}.py"] = render(module)
        return files

    def _render(self, template: str, **values: Any) -> str:
        return self._environment.get_template(f"{template}.jinja").render(values)

    def _models(self, module: Module) -> str:
        names = ", ".join(model.name for model in module.content)
        return self._render(
            "models/model.py",
            heading=f"{names}, as API {module.version} has it.",
            models=module.content,
            homes=module.homes,
        )

    def _operation(self, module: Module) -> str:
        operation: Operation = module.content
        path = [each for each in operation.parameters if each.place == "path"]
        keywords = [each for each in operation.parameters if each.place != "path"]
        item = _item(operation)
        fields = _body_fields(module)
        options = _options(operation)
        return self._render(
            "operations/operation.py",
            heading=f"{operation.method} {operation.path}, as API {module.version} has it.",
            op=_Named(operation),
            path=path,
            keywords=keywords,
            query=[each for each in keywords if each.place == "query"],
            headers=[each for each in keywords if each.place == "header"],
            body=operation.body,
            json_body=operation.body is not None and operation.body.name == "body",
            fields=fields,
            secret=any(each.secret for each in fields or ()),
            options=options,
            homes=module.homes,
            needed=sorted({*_decoded(operation), *_body_refs(operation)}),
            item=item,
            returns=_hidden(_returns(operation, item, ""), operation),
            async_returns=_hidden(_returns(operation, item, "Async"), operation),
            awaited=operation.kind in METHODS,
            method=METHODS.get(operation.kind),
            stream=STREAMS.get(operation.kind),
            decode=_decode(operation),
            prose=_prose(operation, options, by_fields=fields is not None),
        )

    def _namespace(self, module: Module) -> str:
        return self._render(
            "namespaces/namespace.py",
            heading=_namespace_doc(module.name),
            cls=class_name(module.name),
            namespace=module.name,
            ops=[_Named(each) for each in module.content],
            homes=module.homes,
        )

    def _verb(self, module: Module) -> str:
        if isinstance(module.content, Fields):
            return self._render(
                "methods/fields.py",
                version=module.version,
                fields=module.content,
                imports=module.content.imports(),
                homes=module.homes,
            )
        verb: Verb = module.content
        imports = verb.imports()
        defaults = " ".join(each.default or "" for each in verb.signature.parameters)
        return self._render(
            "methods/verb.py",
            version=module.version,
            verb=verb,
            cls=f"{class_name(verb.name)}Verb",
            imports=imports,
            # A default is there when the module is imported, an annotation need not be.
            runtime=[name for name in imports if re.search(rf"\b{name}\b", defaults)],
            homes=module.homes,
            written=_written,
        )


class _Named:
    """An operation, with the name of its class; models have names like SystemInfo already."""

    def __init__(self, operation: Operation) -> None:
        self._operation = operation
        self.id_class = f"{class_name(operation.id)}Operation"

    def __getattr__(self, name: str) -> Any:
        return getattr(self._operation, name)


def _written(annotation: str, awaited: bool) -> str:
    """Write a verb's annotation for its sync or its async method; verbs have the async one."""
    return annotation if awaited else re.sub(r"\bAsyncContent\b", "Content", annotation)


def _namespace_doc(name: str) -> str:
    return f"The operations of `engine.{name}`."


def _decoded(operation: Operation) -> list[str]:
    """Name the models that the answer is decoded to."""
    taken = Operation(**{**vars(operation), "parameters": (), "body": None})
    return list(operation_refs(taken))


def _decode(operation: Operation) -> str:
    """Write the function that makes the result of a response."""
    if operation.kind == "path_stat":
        return "PathStat.from_headers"
    return python.decoder(operation.result, may_be_empty=operation.may_be_empty)


def _body_refs(operation: Operation) -> list[str]:
    """Name the models that the body is encoded from."""
    return [] if operation.body is None else list(refs(operation.body.type))


def _item(operation: Operation) -> str:
    if operation.kind in ("headers", "path_stat"):
        return {"headers": "dict[str, str]", "path_stat": "PathStat"}[operation.kind]
    if operation.result is None:
        return "dict[str, Any]" if operation.kind in ("json_stream", "events") else "Any"
    made = python.annotation(operation.result)
    return f"{made} | None" if operation.may_be_empty else made


def _returns(operation: Operation, item: str, prefix: str) -> str:
    if operation.kind in STREAMS:
        generic = f"[{item}]" if operation.kind in ("json_stream", "events") else ""
        return f"{prefix}{STREAMS[operation.kind]}{generic}"
    return {"nothing": "None", "text": "str"}.get(operation.kind, item)


def _hidden(annotation: str, operation: Operation) -> str:
    """In its class, a method called list hides the type."""
    return annotation.replace("list[", "builtins.list[") if operation.name == "list" else annotation


def _body_fields(module: Module) -> list[Field] | None:
    """Return the fields that a body can be given by, as keywords; None if it is no model.

    One whose name a parameter has already can be given by the model only.
    """
    operation: Operation = module.content
    model = operation.body_model
    if model is None:
        return None
    taken = {"self", "body", "extra", *(each.name for each in operation.parameters)}
    (fields,) = (each.fields for each in module.homes[model].content if each.name == model)
    return [each for each in fields if each.name not in taken]


def _options(operation: Operation) -> list[Option]:
    """Return what the method takes besides what the API has."""
    options: list[Option] = []
    uploads = operation.body is not None and operation.body.name == "content"
    if uploads or operation.kind in STREAMS:
        options += TIMEOUTS
    elif all(each.name != TIMEOUT.name for each in operation.parameters):
        options.append(TIMEOUT)
    if uploads:
        options.append(PROGRESS)
    if operation.kind == "json_stream":
        options.append(RAISE_ERRORS)
    return options


def _prose(operation: Operation, options: list[Option], *, by_fields: bool) -> str:
    """Write the docstring of a method: what it does, takes, raises, and where it comes from."""
    parts = [operation.doc or f"{operation.id}."]
    described = [_described(each) for each in operation.parameters]
    if operation.body is not None:
        instead = " Or give its fields as keywords instead." if by_fields else ""
        text = operation.body.doc + instead
        if operation.body.name == "content":
            text += " Bytes, a path, an open binary file, or chunks."
        described.append(_entry(operation.body.name, text.strip()))
        if by_fields:
            described.append(_entry("extra", "fields the types lack, by their JSON names."))
    described += [_entry(each.name, each.doc) for each in options]
    if described:
        parts.append("Args:\n" + "\n".join(described))
    if operation.errors:
        lines = [_entry(_error(status), text) for status, text in operation.errors]
        parts.append("Raises:\n" + "\n".join(dict.fromkeys(lines)))
    since = f" Since API {operation.since}." if operation.since else ""
    parts.append(f"{operation.method} {operation.path}.{since}")
    return "\n\n".join(parts)


def _model_prose(model: Model) -> str:
    """Write the docstring of a model."""
    return _with_since(model.doc or f"{model.name}.", model.since)


def _field_prose(field: Field) -> str:
    """Write the docstring of a model's field, which begins with its name on the wire."""
    wire = f"`{field.wire}`" if field.wire != field.name else ""
    return _with_since(": ".join(filter(None, [wire, field.doc])), field.since)


def _with_since(text: str, since: str) -> str:
    return "\n\n".join(filter(None, [text, f"Since API {since}." if since else ""]))


def _described(parameter: Parameter) -> str:
    since = f" Since API {parameter.since}." if parameter.since else ""
    given = encodings.ENCODINGS[parameter.encoding].doc
    doc = "\n\n".join(filter(None, [parameter.doc.strip(), given]))
    return _entry(parameter.name, doc + since)


def _entry(name: str, text: str) -> str:
    lines = [line.rstrip() for line in text.strip().splitlines()]
    rest = "".join(f"\n        {line}" if line else "\n" for line in lines[1:])
    return f"    {name}: {lines[0]}{rest}" if lines else f"    {name}"


def _error(status: str) -> str:
    known = {
        "400": "BadRequest",
        "401": "Unauthorized",
        "403": "Forbidden",
        "404": "NotFound",
        "409": "Conflict",
        "500": "ServerError",
        "503": "Unavailable",
    }
    return known.get(status, "APIError")
