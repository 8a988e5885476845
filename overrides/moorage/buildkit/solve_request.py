"""The request of a build to BuildKit's own service, made of the parameters of `POST /build`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from moorage_api.buildkit_messages import SolveRequest

__all__ = ["solve_request"]


def solve_request(query: Mapping[str, Any], contexts: Mapping[str, str]) -> SolveRequest:
    """Write the parameters as an engine hands them to BuildKit.

    Args:
        query: The parameters, as they would be sent.
        contexts: The sources of named contexts, such as "docker-image://alpine".

    Raises:
        ValueError: Only an engine can tell BuildKit what a parameter means.
    """
    given = {name: value for name, value in query.items() if value is not None}
    solve = SolveRequest(
        ref=given["buildid"].encode(), session=given["session"].encode(), frontend=b"dockerfile.v0"
    )
    for name, value in _attributes(given, contexts):
        solve.frontend_attributes[name] = value.encode(errors="surrogateescape")
    (output,) = json.loads(given.get("outputs", '[{"Type": "moby"}]'))
    solve.exporter = output["Type"].encode()
    if tags := given.get("t"):
        solve.exporter_attributes["name"] = ",".join(map(_tagged, tags)).encode()
    if json.loads(given.get("buildargs", "{}")).get("BUILDKIT_INLINE_CACHE") == "1":
        solve.cache.exports.add().type = b"inline"
    if given.get("networkmode") == "host":
        solve.entitlements.append(b"network.host")
    return solve


def _attributes(given: Mapping[str, Any], contexts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for theirs, ours in (
        ("target", "target"),
        ("dockerfile", "filename"),
        ("platform", "platform"),
        ("remote", "context"),
        ("shmsize", "shm-size"),
    ):
        if theirs in given and given[theirs] != "client-session":
            yield ours, str(given[theirs])
    for name, source in contexts.items():
        yield f"context:{name}", source
    for name, value in json.loads(given.get("buildargs", "{}")).items():
        if value is not None:
            yield f"build-arg:{name}", value
    for name, value in json.loads(given.get("labels", "{}")).items():
        yield f"label:{name}", value
    if given.get("nocache"):
        yield "no-cache", ""
    yield "image-resolve-mode", "pull" if given.get("pull") else "default"
    yield "cache-from", ",".join(json.loads(given.get("cachefrom", "[]")))
    yield "add-hosts", ",".join(_hosts(given.get("extrahosts", ())))
    limits = json.loads(given.get("ulimits", "[]"))
    yield (
        "ulimit",
        ",".join(f"{each['Name']}={each.get('Soft', 0)}:{each.get('Hard', 0)}" for each in limits),
    )
    network = given.get("networkmode", "default")
    if network != "default":
        yield "force-network-mode", network


def _hosts(texts: Iterable[str]) -> Iterator[str]:
    for each in texts:
        name, _, address = each.partition(":")
        if address == "host-gateway":
            raise ValueError("build: add_hosts= with contexts= takes an address, not host-gateway")
        yield f"{name}={address}"


def _tagged(name: str) -> str:
    has_tag = ":" in name.rpartition("/")[2] or "@" in name
    return name if has_tag else f"{name}:latest"
