"""Read-only calls: lists, and details of a few objects of each kind."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from moorage.conformance.driver import Driver
from moorage.versions.numbers import version_key

__all__ = ["read"]

FEW = 5
"""Number of objects of a kind to inspect."""
EVENTS = 300
"""Seconds of past events to read."""
SWARM = ("nodes", "services", "tasks", "secrets", "configs")


def read(driver: Driver) -> None:
    """Make every read-only call that involves only the engine."""
    driver.call("system.ping")
    driver.call("system.ping_head")
    driver.call("system.version")
    driver.call("system.data_usage")
    now = time.time()
    driver.call("system.events", since=f"{now - EVENTS:.9f}", until=f"{now:.9f}")
    _containers(driver)
    for image in _few(driver, "images", "Id"):
        driver.call("images.inspect", image, gone=_gone(driver, "images", image))
        driver.call("images.history", image, gone=_gone(driver, "images", image))
    for namespace, key in (("networks", "Id"), ("volumes", "Name"), ("plugins", "Name")):
        _closely(driver, namespace, key)
    about = driver.call("system.info")
    if _part(_part(about, "Swarm"), "ControlAvailable"):
        driver.call("swarm.inspect")
        for namespace in SWARM:
            _closely(driver, namespace, "ID")


def _containers(driver: Driver) -> None:
    measured = False
    for container in _few(driver, "containers", "Id", all=True, size=True):
        gone = _gone(driver, "containers", container)
        found = driver.call("containers.inspect", container, size=True, gone=gone)
        driver.call("containers.changes", container, gone=gone)
        state = _part(found, "State")
        if _part(state, "Running") and not _part(state, "Paused"):
            driver.call("containers.top", container, gone=gone)
            if not measured:  # once: before API 1.41, it takes two seconds
                at_once = (
                    {"one_shot": True} if version_key(driver.version) >= version_key("1.41") else {}
                )
                driver.call("containers.stats", container, stream=False, gone=gone, **at_once)
                measured = True
        for process in _part(found, "ExecIDs") or ():
            # An engine forgets a process some time after its end, but keeps its ID in the list.
            driver.call("exec.inspect", process, gone=lambda: True)


def _closely(driver: Driver, namespace: str, key: str) -> None:
    for each in _few(driver, namespace, key):
        driver.call(f"{namespace}.inspect", each, gone=_gone(driver, namespace, each))


def _few(driver: Driver, namespace: str, key: str, **given: Any) -> Iterator[str]:
    listed = driver.call(f"{namespace}.list", **given)
    if isinstance(listed, dict):
        listed = listed.get("Volumes")
    if not isinstance(listed, list):
        return
    found = [each for each in listed if isinstance(each, dict) and each.get(key)]
    if namespace == "networks":  # engines list them in no order
        found.sort(key=lambda each: str(each.get("Name")))
    for each in found[:FEW]:
        yield str(each[key])


def _part(value: Any, key: str) -> Any:
    """Return a field of a value that may not be an object; None if missing."""
    return value.get(key) if isinstance(value, dict) else None


def _gone(driver: Driver, namespace: str, name: str) -> Any:
    """Return a function that checks whether an object is no longer listed."""

    def gone() -> bool:
        everything = {"all": True} if namespace in ("containers", "images") else {}
        path = {"containers": "/containers/json", "images": "/images/json"}
        answer = driver.engine.request(
            "GET", path.get(namespace, f"/{namespace}"), query=everything
        )
        return name.encode() not in answer.body

    return gone
