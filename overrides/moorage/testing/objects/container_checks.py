"""Checks of a new container's configuration."""

from __future__ import annotations

import re
from typing import Any

from moorage.testing.objects.lifecycle import check_signal
from moorage.testing.objects.refused import Refused
from moorage.testing.objects.state import State

__all__ = ["check_configuration", "check_host"]

_LEAST_MEMORY = 6 * 2**20
_MILLISECOND = 10**6
_POLICIES = ("", "no", "always", "on-failure", "unless-stopped")
_PORT = re.compile(r"\d+(?:-\d+)?(?:/(?:tcp|udp|sctp))?")


def check_configuration(state: State, config: dict[str, Any]) -> None:
    """Check a container's configuration.

    Raises:
        Refused: An engine refuses it.
    """
    folder = config.get("WorkingDir") or "/"
    _refuse_if(
        not folder.startswith("/"),
        f"the working directory '{folder}' is invalid, it needs to be an absolute path",
    )
    for each in config.get("Env") or ():
        _refuse_if(each.startswith("=") or not each, f"invalid environment variable: {each}")
    for name in ("Interval", "Timeout", "StartPeriod", "StartInterval"):
        value = (config.get("Healthcheck") or {}).get(name) or _MILLISECOND
        _refuse_if(value < _MILLISECOND, f"{name} in Healthcheck cannot be less than 1ms")
    for port in config.get("ExposedPorts") or ():
        _refuse_if(not _PORT.fullmatch(port), f'invalid port specification: "{port}"')
    if signal := config.get("StopSignal"):
        check_signal(state, signal)


def check_host(state: State, host: dict[str, Any]) -> None:
    """Check a container's host configuration.

    Raises:
        Refused: An engine refuses it.
    """
    policy = host.get("RestartPolicy") or {}
    name = policy.get("Name") or ""
    _refuse_if(
        name not in _POLICIES,
        f"invalid restart policy: unknown policy '{name}'; use one of 'no', 'always', "
        "'on-failure', or 'unless-stopped'"
        if state.since("1.44")
        else f"invalid restart policy '{name}'",
    )
    _refuse_if(
        bool(host.get("AutoRemove")) and name not in ("", "no"),
        "can't create 'AutoRemove' container with restart policy",
    )
    _refuse_if(0 < (host.get("Memory") or 0) < _LEAST_MEMORY, "Minimum memory limit allowed is 6MB")
    for port, bindings in (host.get("PortBindings") or {}).items():
        _refuse_if(not _PORT.fullmatch(port), f'invalid port specification: "{port}"')
        for each in bindings or ():
            number = each.get("HostPort") or "0"
            _refuse_if(not _PORT.fullmatch(number), f'invalid port specification: "{number}"')


def _refuse_if(wrong: bool, message: str) -> None:
    if wrong:
        raise Refused(400, message)
