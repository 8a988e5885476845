"""The specification of a container: options in their short forms, and fields of the API."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import Any

from moorage.auth.auto import AUTO
from moorage.auth.reference import Reference
from moorage.host.proxies import configured_proxies
from moorage.parse.binds import bind
from moorage.parse.devices import gpus
from moorage.parse.durations import duration
from moorage.parse.host_names import hosts
from moorage.parse.memory_folders import tmpfs
from moorage.parse.processors import cpus
from moorage.parse.published import ports
from moorage.parse.restarts import restart
from moorage.parse.sizes import size
from moorage.verbs.executed import refuse_text
from moorage.verbs.following import check_auth
from moorage.verbs.models import model_of, refuse_lacking, takes, unknown
from moorage.verbs.short_forms import ShortForms

__all__ = ["Specification"]

# Each short form and the field that it sets: only one of both can be given.
_INSTEAD = {
    "aliases": "networking_config",
    "cpus": "nano_cpus",
    "gpus": "device_requests",
    "health": "healthcheck",
    "network": "network_mode",
    "ports": "port_bindings",
    "restart": "restart_policy",
}
_READERS: dict[str, Callable[[Any], Any]] = {
    "extra_hosts": hosts,
    "memory": size,
    "shm_size": size,
    "tmpfs": tmpfs,
}
_PULLS = ("missing", "always", "never")
_SECOND = 1_000_000_000


class Specification(ShortForms):
    """A container to create.

    Attributes:
        body: The body for `containers.create`.
        query: Its name and platform, if given.
        image: The image.
        pull: When to pull the image.
        auth: The credentials for the pull.

    Raises:
        TypeError: An option is of another type, or is given twice.
        ValueError: An option is malformed.
        OperationUnavailable: The engine's version lacks a field.
    """

    def __init__(
        self, engine: Any, verb: str, image: str, cmd: Any, fields: dict[str, Any]
    ) -> None:
        refuse_text(cmd)
        if not isinstance(image, str):
            raise TypeError(f"{verb}: image is a name or an ID, not {type(image).__name__}")
        if not image:
            raise ValueError(f"{verb}: image is empty: give a name or an ID")
        super().__init__(engine, verb)
        self.image = image
        self.pull: Any = fields.pop("pull", "missing")
        self.auth: Any = fields.pop("auth", AUTO)
        check_auth(self.auth)
        if self.pull not in _PULLS:
            raise ValueError(f"pull is one of {', '.join(_PULLS)}, not {self.pull!r:.50}")
        if self.pull == "always":
            Reference.parse(image)  # an ID can't be pulled
        query = {name: fields.pop(name, None) for name in ("name", "platform")}
        self.query: dict[str, Any] = {
            name: value for name, value in query.items() if value is not None
        }
        if "platform" in self.query:
            refuse_lacking(engine, "containers.create", ["platform"])
        given = {name: value for name, value in fields.items() if value is not None}
        fields.clear()  # a traceback may show them
        try:
            self.body: Any = self._body({} if cmd is None else {"cmd": [*cmd]}, given)
        finally:
            given.clear()

    def _body(self, body: dict[str, Any], given: dict[str, Any]) -> Any:
        self._refuse_both(given, _INSTEAD)
        if "host_config" in given:
            raise TypeError(f"{self._verb}: give the fields of host_config= by their own names")
        host: dict[str, Any] = {}
        self._translate(given, body, host)
        create, inner = (
            model_of(self._engine, n) for n in ("ContainerCreateRequest", "HostConfig")
        )
        for name, value in given.items():
            if takes(create, name):
                body[name] = value
            elif takes(inner, name):
                host[name] = value
            else:
                raise unknown(self._engine, [create, inner], name, self._verb)
        body["env"] = self._with_proxies(body.get("env"))
        body["image"] = self.image
        body["host_config"] = self._make("HostConfig", host)
        return self._make("ContainerCreateRequest", body)

    def _with_proxies(self, env: list[str] | None) -> list[str] | None:
        """Add the proxy variables that the docker CLI would, unless the caller set them."""
        names = [str(each).partition("=")[0] for each in env or ()]
        proxies = configured_proxies(self._engine.host, names)
        return [*(env or ()), *(f"{name}={value}" for name, value in proxies.items())] or env

    def _translate(self, given: dict[str, Any], body: dict[str, Any], host: dict[str, Any]) -> None:
        """Convert short forms to fields of the API."""
        take = given.pop
        if "env" in given:
            body["env"] = self._environment(take("env"))
        if "ports" in given:
            published = ports(take("ports"))
            exposed = take("exposed_ports", {})
            body["exposed_ports"] = {**exposed, **{name: {} for name in published}}
            host["port_bindings"] = {
                name: [self._port_binding(*each) for each in where]
                for name, where in published.items()
            }
        if "binds" in given:
            host["binds"] = [bind(each) for each in self._listed("binds", take("binds"))]
        if "mounts" in given:
            host["mounts"] = [self._mount(each) for each in self._listed("mounts", take("mounts"))]
        for name, read in _READERS.items():
            if name in given:
                host[name] = read(take(name))
        if "cpus" in given:
            host["nano_cpus"] = cpus(take("cpus"))
        if "gpus" in given:
            host["device_requests"] = self._devices(take("gpus"))
        if "restart" in given:
            name, count = restart(take("restart"))
            policy = {"name": name, "maximum_retry_count": count or None}
            host["restart_policy"] = self._make("RestartPolicy", policy)
        if "health" in given:
            body["healthcheck"] = self._health(take("health"))
        if "stop_timeout" in given:
            body["stop_timeout"] = ceil(duration(take("stop_timeout")) / _SECOND)
        self._connect(take("network", None), take("aliases", None), body, host)

    def _connect(
        self, network: Any, aliases: Any, body: dict[str, Any], host: dict[str, Any]
    ) -> None:
        if network == "":
            raise ValueError(f'{self._verb}: network is empty: "none" is for no network')
        if network is not None:
            host["network_mode"] = network
        if aliases is None:
            return
        if network in (None, "none", "host", "bridge", "default") or str(network).startswith(
            "container:"
        ):
            raise ValueError(f"{self._verb}: aliases= needs network=, and one that was created")
        names = [*self._listed("aliases", aliases)]
        endpoints = {network: self._make("EndpointSettings", {"aliases": names})}
        body["networking_config"] = self._make("NetworkingConfig", {"endpoints_config": endpoints})

    def _port_binding(self, address: str, port: str) -> Any:
        return self._make("PortBinding", {"host_ip": address or None, "host_port": port})

    def _devices(self, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return [*value]
        request = gpus(value)
        self._needs("HostConfig", "device_requests")
        return [self._make("DeviceRequest", request)]
