"""Replace prose about the wire format by advice for callers: moorage encodes values itself."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

__all__ = ["RULES", "Rule", "reworded"]


class Rule(NamedTuple):
    """A replacement in the plain prose of some places."""

    places: Collection[str]
    """Encodings of parameters, kinds of operations, "body", or "bytes" for such a field."""
    pattern: re.Pattern[str]
    better: str


def _rule(places: str, pattern: str, better: str) -> Rule:
    return Rule(places.split(), re.compile(pattern, re.DOTALL), better)


RULES = (
    _rule(
        "filters",
        r"(?:A )?JSON encoded value of (?:the )?filters \(a `map\[string\]\[\]string`\)",
        "Filters",
    ),
    _rule("filters", r", encoded as JSON \(a `map\[string\]\[\]string`\)", ""),
    _rule("filters", r"\s+Available filters:\Z", ""),
    _rule(
        "auth", r"A base64(?:url)?-encoded auth configuration\.", "Credentials for the registry."
    ),
    _rule("auth", r"A base64(?:url)?-encoded auth configuration", "Credentials"),
    _rule("auth", r"\s+(?:Refer to|See) the authentication section for details\.", ""),
    _rule(
        "auths",
        r"This is a base64-encoded JSON object with auth configurations for multiple registries"
        r" that a build may refer to\.\n\n.*?```\n.*?```",
        "Credentials for the registries that a build may refer to, by the registry's address.",
    ),
    _rule(
        "platform-json platforms-json",
        r"JSON[- ]encoded OCI platform(?:\(s\))?(?: describing a platform)?"
        r" (?:which will be used )?to",
        "Platform used to",
    ),
    _rule("platform-json platforms-json", r"\s+Example: `\{\"os\":[^`]*`\.", ""),
    _rule("platforms-json", r" Each platform is a OCI platform encoded as a JSON string\.", ""),
    _rule("platforms-json", r" The parameter is declared as an array so the wire shape[^.]*\.", ""),
    _rule("json", r"JSON array of images", "Images"),
    _rule("json", r", as a JSON map of string pairs", ""),
    _rule(
        "variables", r"JSON map of string pairs for build-time variables", "Build-time variables"
    ),
    _rule(
        "variables",
        r"the build arg `FOO=bar` would become.*?URI component encoded\.",
        'give `{"FOO": "bar"}` for the build arg `FOO=bar`.',
    ),
    _rule(
        "texts text",
        r"`changes=ENV DEBUG=true`\. Note that `ENV DEBUG=true` should be URI component encoded\.",
        "`ENV DEBUG=true`.",
    ),
    _rule("texts", r"You can provide several `t` parameters\.", "Give several as a list."),
    _rule(
        "texts",
        r"May be repeated to accept any of several predicate types\.",
        "Give several as a list to accept any of them.",
    ),
    _rule("texts", r"`type=(\S+)&type=(\S+)`", r'`["\1", "\2"]`'),
    _rule("time", r", as a UNIX timestamp", ""),
    _rule("bool", r"\s+This will return a `101` HTTP response.*?attach endpoint\.", ""),
    _rule("bool", r"If `1`, `true`,?(?: or `True` then| then)?", "If true,"),
    _rule(
        "text",
        r"If the `?X-Registry-Auth`? header is not specified",
        "If `registry_auth` is not given",
    ),
    _rule(
        "body",
        r"if the value `-` has been specified in fromSrc query parameter",
        "if `from_src` is `-`",
    ),
    _rule(
        "bytes",
        r"Data is the data to store as a (secret|config), formatted as a .*?\) string\.",
        r"Data to store as a \1.",
    ),
    _rule("bytes", r"Base64-url-safe-encoded (secret|config) data", r"Data of the \1"),
    _rule(
        "bytes", r"seccomp profile as a json object", "seccomp profile, the bytes of a JSON object"
    ),
    _rule(
        "path_stat",
        r"A response header `X-Docker-Container-Path-Stat` is return(?:ed,)? containing a"
        r" base64 - encoded JSON object with some filesystem header information about the path\.",
        "Returns filesystem information about the path.",
    ),
    # moorage speaks the connection's protocol itself.
    _rule("hijack", r"\n\nHijacking:\n.*", ""),
)


def reworded(place: str, text: str) -> str:
    """Return plain prose with wire formats replaced.

    Args:
        place: The encoding of a parameter, the kind of an operation, "body", or "bytes".
        text: Prose from `generator.prose.plain`.
    """
    for rule in RULES:
        if place in rule.places:
            text = rule.pattern.sub(rule.better, text)
    return text.strip()
