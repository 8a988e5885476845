"""The files of a copy besides modules: its `__init__` and its notice."""

from __future__ import annotations

import ast
import json
from collections.abc import Collection, Mapping

from moorage.vendor.closure import place
from moorage.vendor.lock import Options
from moorage.vendor.sources import Sources, imported

__all__ = ["facade", "init", "notice", "offered"]

_INIT = '''"""The Docker Engine API {api}, a copy that moorage {moorage} made; NOTICE tells more."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

{now}
if TYPE_CHECKING:
{late}

__all__ = [
{names}
]

_HOMES = {{
{homes}
}}


if not TYPE_CHECKING:  # a type checker sees only the names above

    def __getattr__(name: str) -> Any:
        # Modules are imported on first use of a name.
        if name not in _HOMES:
            raise AttributeError(f"module {{__name__!r}} has no attribute {{name!r}}")
        value = globals()[name] = getattr(import_module(_HOMES[name], __name__), name)
        return value


def __dir__() -> list[str]:
    return sorted({{*globals(), *_HOMES}})
'''

_NOTICE = """\
This folder is a copy of a part of moorage {moorage}, the Docker Engine API in Python: {what}.

`moorage vendor` made it. Imports were made relative, each namespace's operations were put into one
module, and what the copy does not need was left out. moorage.lock.toml has the hash of each file.
Do not edit it: `moorage vendor --update` makes it again.

It is licensed under the Apache License, version 2.0, of which LICENSE is a copy.

The types and operations, and what is said of them, were generated from the specification of API
{api}, which is a part of Moby (github.com/moby/moby) and under the same license; the sha256 of the
file is {spec}.
"""


def facade(sources: Sources) -> dict[str, str]:
    """Return the public names of a copy besides the version's own, and the module of each."""
    offered = imported(ast.parse(sources.text("moorage")))
    for name, there in sources.offers.items():
        if not there:
            del offered[name]
    return offered


def init(options: Options, moorage: str, sources: Sources, taken: Collection[str]) -> str:
    """Write the copy's `__init__`, with imports of installed modules still.

    Args:
        options: The options of the copy.
        moorage: The version of moorage.
        sources: The sources of the copy's modules.
        taken: The modules of the copy.
    """
    late = {name: home for name, home in sources.names.items() if home in taken}
    now = {} if options.types_only else facade(sources)
    return _INIT.format(
        api=options.version,
        moorage=moorage,
        now=_imports(now, ""),
        late=_imports(late, "    "),
        names="\n".join(f"    {json.dumps(name)}," for name in sorted({*now, *late})),
        homes="\n".join(f'    "{name}": ".{place(home)}",' for name, home in late.items()),
    )


def offered(text: str) -> set[str]:
    """Read the public names of a copy from its `__init__`."""
    for node in ast.parse(text).body:
        match node:
            case ast.Assign(targets=[ast.Name("__all__")], value=ast.List(names)):
                return {str(each.value) for each in names if isinstance(each, ast.Constant)}
    return set()


def notice(options: Options, moorage: str, spec: str) -> str:
    """Write the copy's notice."""
    what = f"the {'types' if options.types_only else 'client'} of API {options.version}"
    if options.only:
        what += f", for {', '.join(options.only)} alone"
    return _NOTICE.format(api=options.version, moorage=moorage, what=what, spec=spec)


def _imports(homes: Mapping[str, str], indent: str) -> str:
    names: dict[str, list[str]] = {}
    for name, home in homes.items():
        names.setdefault(home, []).append(name)
    return "".join(f"{indent}from {home} import {', '.join(names[home])}\n" for home in names)
