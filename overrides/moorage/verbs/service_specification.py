"""The specification of a service: options in their short forms, and fields of the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moorage.auth.auto import AUTO
from moorage.model.base import nested_models
from moorage.parse.durations import duration
from moorage.parse.processors import cpus
from moorage.parse.published import ports
from moorage.parse.sizes import size
from moorage.verbs.executed import refuse_text
from moorage.verbs.models import model_of, takes, unknown
from moorage.verbs.services import refuse_no_count
from moorage.verbs.short_forms import ShortForms

__all__ = ["ServiceSpecification"]

# Each short form and the field that it sets: only one of both can be given.
_INSTEAD = {
    "constraints": "placement",
    "cpus": "resources",
    "health": "health_check",
    "memory": "resources",
    "ports": "endpoint_spec",
    "restart": "restart_policy",
    "rollback": "rollback_config",
    "stop_timeout": "stop_grace_period",
    "update": "update_config",
}
_MODES = {
    "replicated": "replicated",
    "global": "global_",
    "replicated-job": "replicated_job",
    "global-job": "global_job",
}
_CONDITIONS = ("none", "on-failure", "any")
_DURATIONS = {"delay", "monitor", "window"}


class ServiceSpecification(ShortForms):
    """A service to deploy.

    Attributes:
        spec: The body for `services.create`, without secrets and configs.
        auth: The credentials for the pull.
        secrets: The secrets' names, or models; and their targets, if given.
        configs: The same for configs.

    Raises:
        TypeError: An option is of another type, or is given twice.
        ValueError: An option is malformed.
        OperationUnavailable: The engine's version lacks a field.
    """

    def __init__(
        self, engine: Any, name: str, image: str, cmd: Any, fields: dict[str, Any]
    ) -> None:
        refuse_text(cmd)
        super().__init__(engine, "deploy")
        self.auth: Any = fields.pop("auth", AUTO)
        given = {field: value for field, value in fields.items() if value is not None}
        fields.clear()  # a traceback may show them
        try:
            self._refuse_both(given, _INSTEAD)
            self._keeps_mode = given.keys().isdisjoint({"mode", "replicas"})
            self._keeps_force = "force_update" not in given
            self.secrets: list[tuple[Any, str | None]] = self._references(
                "secrets", given.pop("secrets", None)
            )
            self.configs: list[tuple[Any, str | None]] = self._references(
                "configs", given.pop("configs", None)
            )
            service: dict[str, Any] = {"name": name}
            task: dict[str, Any] = {}
            container: dict[str, Any] = {"image": image}
            if cmd is not None:
                container["args"] = [*cmd]
            self._translate(given, service, task, container)
            self._sort(given, service, task, container)
        finally:
            given.clear()
        task["container_spec"] = self._make("ContainerSpec", container)
        service["task_template"] = self._make("TaskSpec", task)
        self.spec: Any = self._make("ServiceSpec", service)

    def replacing(self, present: Any) -> Any:
        """Return the specification for an existing service; fields that only operators set stay."""
        if self._keeps_mode:
            self.spec.mode = present.mode
        if self._keeps_force and present.task_template is not None:
            self.spec.task_template.force_update = present.task_template.force_update
        return self.spec

    def _sort(self, given: dict[str, Any], *places: dict[str, Any]) -> None:
        """Sort the fields of the API into their objects."""
        names = ("ServiceSpec", "TaskSpec", "ContainerSpec")
        models = [model_of(self._engine, name) for name in names]
        for name, value in given.items():
            if name in ("name", "task_template", "container_spec", "image", "args"):
                raise TypeError(f"deploy takes no {name}=: give its fields by their own names")
            for model, place in zip(models, places, strict=True):
                if takes(model, name):
                    place[name] = value
                    break
            else:
                raise unknown(self._engine, models, name, self._verb)

    def _translate(
        self,
        given: dict[str, Any],
        service: dict[str, Any],
        task: dict[str, Any],
        container: dict[str, Any],
    ) -> None:
        """Convert short forms to fields of the API."""
        take = given.pop
        if not self._keeps_mode:
            service["mode"] = self._mode(take("mode", None), take("replicas", None))
        for name, model in (
            ("update", "ServiceUpdateConfig"),
            ("rollback", "ServiceRollbackConfig"),
        ):
            if name in given:
                self._needs("ServiceSpec", f"{name}_config")
                value = take(name)
                if isinstance(value, Mapping):
                    value = {"parallelism": 1, **value}  # without it, all tasks at once
                service[f"{name}_config"] = self._timed(name, model, value)
        if "ports" in given:
            service["endpoint_spec"] = self._make(
                "EndpointSpec", {"ports": self._ports(take("ports"))}
            )
        if "restart" in given:
            task["restart_policy"] = self._restart(take("restart"))
        if "constraints" in given:
            constraints = [*self._listed("constraints", take("constraints"))]
            task["placement"] = self._make("Placement", {"constraints": constraints})
        if "networks" in given:
            task["networks"] = [
                self._make("NetworkAttachmentConfig", {"target": each})
                if isinstance(each, str)
                else each
                for each in self._listed("networks", take("networks"))
            ]
        limits = {}
        if "memory" in given:
            limits["memory_bytes"] = size(take("memory"))
        if "cpus" in given:
            limits["nano_cpus"] = cpus(take("cpus"))
        if limits:
            # In old versions, its class has another name.
            limit = nested_models(model_of(self._engine, "TaskResources"))["limits"]
            task["resources"] = self._make("TaskResources", {"limits": limit(**limits)})
        if "env" in given:
            container["env"] = self._environment(take("env"))
        if "mounts" in given:
            mounts = self._listed("mounts", take("mounts"))
            container["mounts"] = [self._mount(each) for each in mounts]
        if "container_labels" in given:
            container["labels"] = take("container_labels")
        if "health" in given:
            container["health_check"] = self._health(take("health"))
        if "stop_timeout" in given:
            container["stop_grace_period"] = duration(take("stop_timeout"))

    def _mode(self, mode: Any, replicas: Any) -> Any:
        if mode is not None and not isinstance(mode, str):
            if replicas is not None:
                raise TypeError("deploy: give replicas= or a model as mode=, not both")
            return mode
        if replicas is not None:
            refuse_no_count("deploy", replicas)
        name = "replicated" if mode is None else mode
        if name not in _MODES:
            raise ValueError(f"deploy: mode is one of {', '.join(_MODES)}, not {name!r:.50}")
        field = _MODES[name]
        self._needs("ServiceMode", field)
        if name.startswith("global"):
            if replicas is not None:
                raise TypeError(f"deploy: a {name} service has a task on each node, no replicas=")
            return self._make("ServiceMode", {field: {}})
        if field == "replicated":
            inner = self._make("ReplicatedService", {"replicas": replicas})
        else:
            inner = self._make("ReplicatedJob", {"total_completions": replicas})
        return self._make("ServiceMode", {field: inner})

    def _timed(self, option: str, model: str, value: Any) -> Any:
        """Make a model from a mapping with durations."""
        if isinstance(value, str):
            raise TypeError(f"deploy: {option} is a mapping or a model, not a str")
        if not isinstance(value, Mapping):
            return value
        fields = {
            name: duration(each) if name in _DURATIONS else each for name, each in value.items()
        }
        return self._make(model, fields)

    def _restart(self, value: Any) -> Any:
        if isinstance(value, str):
            condition, colon, count = value.partition(":")
            if condition not in _CONDITIONS or (colon and not count.isdecimal()):
                known = ", ".join(_CONDITIONS)
                raise ValueError(
                    f"deploy: restart is one of {known}, or 'on-failure:3', not {value!r:.50}"
                )
            value = {"condition": condition} | ({"max_attempts": int(count)} if colon else {})
        return self._timed("restart", "TaskRestartPolicy", value)

    def _ports(self, value: Any) -> list[Any]:
        if not isinstance(value, Mapping):
            return [*self._listed("ports", value)]
        found = []
        for name, where in ports(value).items():
            target, _, protocol = name.partition("/")
            for address, published in where:
                if address:
                    raise ValueError(
                        f"deploy: {name} is published on all nodes, not at {address}:"
                        " give the port alone"
                    )
                fields = {"published_port": int(published) if published else None}
                fields |= {"target_port": int(target)}
                found.append(self._make("EndpointPortConfig", {"protocol": protocol, **fields}))
        return found

    def _references(self, field: str, value: Any) -> list[tuple[Any, str | None]]:
        """Read the names of secrets or of configs, and their targets."""
        if value is None:
            return []
        self._needs("ContainerSpec", field)
        if isinstance(value, Mapping):
            return [*value.items()]
        return [(each, None) for each in self._listed(field, value)]
