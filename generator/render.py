"""Render modules as Python with the templates of overrides/templates."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

from generator import docstrings, encodings, python
from generator.change_log import Changes
from generator.history import Span
from generator.ir import Field, Operation, refs
from generator.kinds import KINDS, TIMEOUT, Kind, Option
from generator.names import class_name, pascal
from generator.share import Package, Part, operation_refs
from generator.verb_fields import Fields
from generator.verbs import Verb
from generator.versions import ROOT
from moorage.versions.numbers import package_name, version_key

__all__ = ["TEMPLATES", "Renderer"]

TEMPLATES = ROOT / "overrides" / "templates"


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
            field_prose=docstrings.field_prose,
            model_prose=docstrings.model_prose,
            argument=encodings.argument,
            encoded=encodings.encoded,
            package_name=package_name,
            verb_class=verb_class,
            words=_words,
            path_expression=encodings.path_expression,
        )

    def top(
        self,
        sources: Mapping[str, str],
        operations: Mapping[str, Span],
        keywords: Mapping[str, Mapping[str, Span]],
        verbs: Mapping[str, Span],
        fields: Mapping[str, Mapping[str, Span]],
        homes: Mapping[str, Mapping[str, str]],
    ) -> dict[str, str]:
        """Render the files beside the versions' packages, by path.

        Args:
            sources: The sha256 of each version's spec, the oldest first.
            operations: The first and the last version of each operation.
            keywords: The same for keywords of operations and verbs.
            verbs: The same for verbs.
            fields: The same for fields that a model lacks in some of its versions.
            homes: The module of each type by first version.
        """
        versions = list(sources)
        package = package_name(versions[-1])
        return {
            "__init__.py": self._render("__init__.py", versions=versions),
            "newest.py": self._render("newest.py", package=package),
            "py.typed": "",
            "availability.py": self._render(
                "availability.py",
                operations=operations,
                keywords=keywords,
                verbs=verbs,
                fields=fields,
            ),
            "homes.py": self._render("homes.py", homes=homes),
            "since/__init__.py": self._render("since/__init__.py"),
            "sources.py": self._render("sources.py", sources=sources),
        }

    def engines(self, engines: Mapping[str, str]) -> str:
        """Render the table of the engine's releases.

        Args:
            engines: The first release that speaks each version.
        """
        return self._render("engines.py", engines=engines)

    def package(self, package: Package, changes: Changes) -> dict[str, str]:
        """Render a version's package, and the version's changes, by path."""
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
                docs={name: docstrings.namespace_prose(name) for name in package.namespaces},
                verbs=package.verbs,
                typed=_by_home(package.verbs),
                written=_by_version(package.verbs),
            ),
        }
        if changes or package.own:
            text = python.docstring(changes.text(), 0)
            files[f"since/{folder}/__init__.py"] = f"{text}\n"
        for path, parts in package.files().items():
            files[path] = self._module(parts, changes)
        return files

    def _module(self, parts: Sequence[Part], changes: Changes) -> str:
        match parts[0].folder:
            case "models":
                return self._models(parts)
            case "operations":
                return self._operations(parts)
            case "methods":
                return self._methods(parts)
        return self._namespace(parts[0], changes)

    def _render(self, template: str, **values: Any) -> str:
        return self._environment.get_template(f"{template}.jinja").render(values)

    def _models(self, parts: Sequence[Part]) -> str:
        models = [model for part in parts for model in part.content]
        names = ", ".join(model.name for model in models)
        return self._render(
            "models/model.py",
            heading=f"{names}, as of API {parts[0].version}.",
            models=models,
            homes=_homes(parts),
        )

    def _operations(self, parts: Sequence[Part]) -> str:
        operations: list[Operation] = [part.content for part in parts]
        kinds = [KINDS[each.kind] for each in operations]
        listed = "\n".join(f"- `{each.name}`: {each.method} {each.path}" for each in operations)
        prose = docstrings.namespace_prose(parts[0].module).removesuffix(".")
        return self._render(
            "operations/operations.py",
            heading=f"{prose}, as of API {parts[0].version}.\n\n{listed}",
            results={name: kind.home for kind in kinds for name in kind.names},
            homes=_homes(parts),
            operations=[self._operation(part) for part in parts],
        )

    def _operation(self, part: Part) -> str:
        operation: Operation = part.content
        path = [each for each in operation.parameters if each.place == "path"]
        keywords = [each for each in operation.parameters if each.place != "path"]
        kind = KINDS[operation.kind]
        item = _item(operation, kind)
        returns = _hidden(kind.gives.format(item=item), operation)
        fields = _body_fields(part)
        options = _options(operation, kind)
        return self._render(
            "operations/operation.py",
            op=operation,
            owner=operation_class(operation),
            request=f"_{operation.name.rstrip('_')}_request",
            path=path,
            keywords=keywords,
            query=[each for each in keywords if each.place == "query"],
            headers=[each for each in keywords if each.place == "header"],
            body=operation.body,
            json_body=operation.body is not None and operation.body.name == "body",
            fields=fields,
            secret=any(each.secret or each.variables for each in fields or ()),
            options=options,
            detach=_detach(operation, fields),
            ways=_ways,
            homes=part.homes,
            needed=sorted({*_decoded(operation), *_body_refs(operation)}),
            item=item,
            kind=kind,
            returns=returns,
            async_returns=returns if kind.awaited else f"Async{returns}",
            decode=kind.decode
            or python.decoder(operation.result, may_be_empty=operation.may_be_empty),
            prose=docstrings.method_prose(operation, options, fields),
        )

    def _namespace(self, part: Part, changes: Changes) -> str:
        doc = docstrings.namespace_prose(part.name)
        operations: Sequence[Operation] = part.content
        bases = [(package_name(part.homes[each.id].version), each) for each in operations]
        homes: dict[str, list[str]] = {}
        for version, operation in bases:
            homes.setdefault(version, []).append(operation.name)
        return self._render(
            "namespaces/namespace.py",
            heading="\n\n".join(filter(None, [doc, changes.of_namespace(part.name)])),
            doc=doc,
            name=part.name,
            cls=class_name(part.name),
            bases=[(version, operation_class(each)) for version, each in bases],
            homes=dict(sorted(homes.items())),
        )

    def _methods(self, parts: Sequence[Part]) -> str:
        fields = [each for each in parts if isinstance(each.content, Fields)]
        verbs = [each for each in parts if isinstance(each.content, Verb)]
        whole = [each for each in verbs if each.base is None]
        defaults = " ".join(
            parameter.default or ""
            for each in whole
            for parameter in each.content.signature.parameters
        )
        imports = {name: home for each in parts for name, home in each.content.imports().items()}
        here = parts[0].path
        return self._render(
            "methods.py",
            version=parts[0].version,
            fields=fields,
            whole=whole,
            restated=[each for each in verbs if each.base],
            names=[
                *(each.name for each in fields),
                *(f"{prefix}{verb_class(each.name)}" for each in whole for prefix in ("", "Async")),
            ],
            imports=imports,
            # Defaults are evaluated on import, annotations are not.
            runtime=[name for name in imports if re.search(rf"\b{name}\b", defaults)],
            homes=_homes(parts),
            bases=_bases(fields, here),
            restated_bases=_bases(verbs, here),
            written=_written,
        )


def _homes(parts: Sequence[Part]) -> dict[str, str]:
    """Return the names that parts refer to in other modules, and their modules."""
    found = {name: home.path for part in parts for name, home in part.homes.items()}
    return {name: path for name, path in found.items() if path != parts[0].path}


def _bases(parts: Iterable[Part], here: str) -> list[str]:
    """Return the package names of the versions that hold the bases."""
    found = {each.base.version for each in parts if each.base and each.base.path != here}
    return [package_name(version) for version in sorted(found, key=version_key)]


def verb_class(name: str) -> str:
    """Name the class of a verb's method."""
    return f"{class_name(name)}Verb"


def _by_home(verbs: Mapping[str, Part]) -> dict[str, list[str]]:
    """Return the verbs' classes by their modules."""
    found: dict[str, list[str]] = {}
    for name, part in verbs.items():
        found.setdefault(part.path, []).append(verb_class(name))
    return found


def _by_version(verbs: Mapping[str, Part]) -> dict[str, list[str]]:
    """Return the verbs by the package names of the versions that write them out."""
    found: dict[str, list[str]] = {}
    for name, part in verbs.items():
        found.setdefault(package_name((part.base or part).version), []).append(name)
    return dict(sorted(found.items()))


def _words(names: Iterable[str]) -> str:
    """Write names as one string, which takes several lines if it is long."""
    lines = textwrap.wrap(" ".join(names), 80, drop_whitespace=False)
    text = " ".join(map(repr, lines))
    return f"({text})" if len(lines) > 1 else text


def operation_class(operation: Operation) -> str:
    """Name the class of an operation's method; models have names like SystemInfo already."""
    return f"{class_name(operation.namespace)}{pascal(operation.name)}Operation"


def _written(annotation: str, awaited: bool) -> str:
    """Write a verb's annotation for its sync or its async method; verbs have the async one."""
    return annotation if awaited else re.sub(r"\bAsyncContent\b", "Content", annotation)


def _decoded(operation: Operation) -> list[str]:
    """List the models that the response is decoded to."""
    taken = Operation(**{**vars(operation), "parameters": (), "body": None})
    return list(operation_refs(taken))


def _body_refs(operation: Operation) -> list[str]:
    """List the models that the body is encoded from."""
    return [] if operation.body is None else list(refs(operation.body.type))


def _item(operation: Operation, kind: Kind) -> str:
    """Write the type that a response is decoded to."""
    if operation.result is None:
        return kind.item
    made = python.annotation(operation.result)
    return f"{made} | None" if operation.may_be_empty else made


def _hidden(annotation: str, operation: Operation) -> str:
    """Qualify `list`, which a method of that name hides in its class."""
    return annotation.replace("list[", "builtins.list[") if operation.name == "list" else annotation


def _body_fields(part: Part) -> list[Field] | None:
    """Return the fields of a body that can be given as keywords; None if it is not a model.

    A field with the name of a parameter can only be given by the model.
    """
    operation: Operation = part.content
    model = operation.body_model
    if model is None:
        return None
    taken = {"self", "body", "extra", *(each.name for each in operation.parameters)}
    (fields,) = (each.fields for each in part.homes[model].content if each.name == model)
    return [each for each in fields if each.name not in taken]


def _detach(operation: Operation, fields: list[Field] | None) -> Field | None:
    """Return the keyword that makes the engine answer a stream at once, if any."""
    return next((each for each in fields or () if each.wire == operation.detach), None)


def _ways(stream: str, answer: str, detach: Field | None) -> list[tuple[str, str]]:
    """List the annotations of that keyword, and the result of the method for each."""
    if detach is None:
        return [("", stream)]
    return [
        ("Literal[True]", answer),
        ("Literal[False] | None = None", stream),
        ("bool | None", f"{stream} | {answer}"),
    ]


def _options(operation: Operation, kind: Kind) -> list[Option]:
    """Return the keywords of the method that are not sent to the engine."""
    uploads = operation.body is not None and operation.body.name == "content"
    taken = {each.name for each in operation.parameters}
    options = kind.options_with(uploads=uploads)
    return [each for each in options if each != TIMEOUT or TIMEOUT.name not in taken]
