"""Options in their short forms, as models of an engine's version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moorage.parameters.environment import environment
from moorage.parse.durations import duration
from moorage.parse.mounts import mount
from moorage.verbs.models import make, model_of, takes, unknown

__all__ = ["ShortForms"]

_MOUNT_PARTS = {
    "bind_options": "BindOptions",
    "image_options": "ImageOptions",
    "tmpfs_options": "TmpfsOptions",
    "volume_options": "VolumeOptions",
}


# The first word of a health check's command in the API.
_TEST_KINDS = ("CMD", "CMD-SHELL", "NONE")


class ShortForms:
    """The options that a verb was given, for an engine's version."""

    def __init__(self, engine: Any, verb: str) -> None:
        self._engine, self._verb = engine, verb

    def _refuse_both(self, given: Mapping[str, Any], instead: Mapping[str, str]) -> None:
        """Refuse a short form given together with its field."""
        for short, field in instead.items():
            if short in given and field in given:
                raise TypeError(f"{self._verb}: give {short}= or {field}=, not both")

    def _needs(self, model: str, field: str) -> None:
        """Refuse a field that the version's model lacks."""
        of_version = model_of(self._engine, model)
        if not takes(of_version, field):
            raise unknown(self._engine, [of_version], field, self._verb)

    def _make(self, model: str, fields: Mapping[str, Any]) -> Any:
        return make(self._engine, model, fields, self._verb)

    def _environment(self, value: Any) -> list[str]:
        variables = environment(value)
        if isinstance(variables, str):
            raise TypeError(f"{self._verb}: env is a mapping or a list, not a str")
        return [*variables]

    def _listed(self, name: str, value: Any) -> Any:
        if isinstance(value, str | Mapping):
            raise TypeError(f"{self._verb}: {name} is a list, not {type(value).__name__}")
        return value

    def _mount(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        fields = mount(value)
        options = fields.get("volume_options", {})
        if "driver_config" in options:
            options["driver_config"] = self._make("VolumeDriver", options["driver_config"])
        for name, model in _MOUNT_PARTS.items():
            if name in fields and takes(model_of(self._engine, "Mount"), name):
                fields[name] = self._make(model, fields[name])
        return self._make("Mount", fields)

    def _health(self, value: Any) -> Any:
        if value is False:
            return self._make("HealthConfig", {"test": ["NONE"]})
        if isinstance(value, str | list | tuple):
            value = {"test": value}
        if not isinstance(value, Mapping):
            return value
        fields = {name: each for name, each in value.items() if each is not None}
        if "test" in fields:
            fields["test"] = self._health_test(fields["test"])
        for name in ("interval", "timeout", "start_period", "start_interval"):
            if name in fields:
                fields[name] = duration(fields[name])
        return make(self._engine, "HealthConfig", fields, f"{self._verb}: health")

    def _health_test(self, value: Any) -> list[str]:
        """Write the command of a health check as the API has it."""
        if not value:
            raise ValueError(f"{self._verb}: the command of health= is empty; False turns it off")
        if isinstance(value, str):
            return ["CMD-SHELL", value]
        return [*value] if value[0] in _TEST_KINDS else ["CMD", *value]
