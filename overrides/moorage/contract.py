"""The names of the façade that generated code imports; hand-written code imports none from here.

Besides, the engines' classes inherit from `moorage.engine_base`, the models need those of
`moorage.model` and `moorage.parameters.environment`, and an operation imports the class that it
returns from the module that the generator's table of kinds names.

A generated operation is a pure function that builds a `Request`, and two methods, one sync and
one async. A method of the transport returns a plain response; a stream is a class constructed with
the transport.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moorage.arguments import (
    as_is,
    as_list,
    as_map,
    as_object,
    auth_header,
    auths_header,
    list_of,
    optional,
)
from moorage.body import body_json, items_json
from moorage.namespace import AsyncNamespace, Namespace, namespaces
from moorage.parameters.filters import Filters, filters_json
from moorage.parameters.paths import container_segment, segment
from moorage.parameters.platforms import platform_json, platform_text, platforms_json
from moorage.parameters.scalars import (
    line_count,
    needed,
    query_bool,
    query_float,
    query_int,
    query_json,
    query_text,
    query_texts,
    text_or_number,
)
from moorage.parameters.times import PointInTime, seconds_text
from moorage.parameters.variables import variables_json
from moorage.request import AsyncContent, Content, Options, Process, Progress, Request
from moorage.transport.clearing import clear_locals

if TYPE_CHECKING:
    from moorage.auth.registry_auth import RegistryAuth

__all__ = [
    "AsyncContent",
    "AsyncNamespace",
    "Content",
    "Filters",
    "Namespace",
    "Options",
    "PointInTime",
    "Process",
    "Progress",
    "RegistryAuth",
    "Request",
    "as_is",
    "as_list",
    "as_map",
    "as_object",
    "auth_header",
    "auths_header",
    "body_json",
    "clear_locals",
    "container_segment",
    "filters_json",
    "items_json",
    "line_count",
    "list_of",
    "namespaces",
    "needed",
    "optional",
    "platform_json",
    "platform_text",
    "platforms_json",
    "query_bool",
    "query_float",
    "query_int",
    "query_json",
    "query_text",
    "query_texts",
    "seconds_text",
    "segment",
    "text_or_number",
    "variables_json",
]

if not TYPE_CHECKING:  # a type checker sees only the names above

    def __getattr__(name: str) -> Any:
        # Imported on first use: most calls need no credentials.
        if name == "RegistryAuth":
            from moorage.auth.registry_auth import RegistryAuth

            return RegistryAuth
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
