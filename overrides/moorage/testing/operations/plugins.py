"""Operations on plugins, which have no effect here."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from typing import Any

from attrs import define, evolve, field

from moorage.testing.objects.clock import new_id
from moorage.testing.objects.image import default_tag
from moorage.testing.objects.refused import Refused
from moorage.testing.objects.state import State
from moorage.testing.server.answers import Answer, document, nothing, stream
from moorage.testing.server.call import Call, operation

__all__ = ["Plugin"]


@define(eq=False)
class Plugin:
    """A plugin: its configuration and settings."""

    name: str
    config: dict[str, Any]
    settings: dict[str, Any]
    id: str = field(factory=new_id)
    enabled: bool = False

    def described(self) -> dict[str, Any]:
        """Describe it in full."""
        return {
            "Id": self.id,
            "Name": self.name,
            "Enabled": self.enabled,
            "Settings": self.settings,
            "PluginReference": self.name,
            "Config": self.config,
        }


def _config(given: dict[str, Any]) -> dict[str, Any]:
    """Write a plugin's own configuration in the engines' form."""
    interface = given.get("interface") or {}
    linux = given.get("linux") or {}
    return {
        "DockerVersion": "",
        "Description": given.get("description") or "",
        "Documentation": given.get("documentation") or "",
        "Interface": {
            "Types": interface.get("types") or [],
            "Socket": interface.get("socket") or "",
        },
        "Entrypoint": given.get("entrypoint") or [],
        "WorkDir": given.get("workdir") or "",
        "User": {},
        "Network": {"Type": (given.get("network") or {}).get("type") or ""},
        "Linux": {
            "Capabilities": linux.get("capabilities"),
            "AllowAllDevices": bool(linux.get("allowAllDevices")),
            "Devices": [_capital(each) for each in linux.get("devices") or ()],
        },
        "PropagatedMount": given.get("propagatedMount") or "",
        "IpcHost": bool(given.get("ipchost")),
        "PidHost": bool(given.get("pidhost")),
        "Mounts": [_capital(each) for each in given.get("mounts") or ()],
        "Env": [_capital(each) for each in given.get("env") or ()],
        "Args": {"Name": "", "Description": "", "Settable": None, "Value": None},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{new_id()}"]},
    }


def _capital(entry: dict[str, Any]) -> dict[str, Any]:
    return {"Settable": None, **{key[0].upper() + key[1:]: value for key, value in entry.items()}}


def _new(name: str, config: dict[str, Any]) -> Plugin:
    settings = {
        "Mounts": config["Mounts"],
        "Env": [f"{each['Name']}={each.get('Value') or ''}" for each in config["Env"]],
        "Args": [],
        "Devices": config["Linux"]["Devices"],
    }
    return Plugin(name, config, settings)


def _find(state: State, name: str) -> Plugin:
    for each in state.plugins.values():
        if name in (each.name, each.id) or default_tag(name) == each.name:
            return each  # type: ignore[no-any-return]
    raise Refused(404, f'plugin "{name}" not found')


@operation("plugins.create")
def create(call: Call) -> Answer:
    """Make a plugin of an archive."""
    data = call.all_content()
    name = default_tag(call.text("name"))
    try:
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            member = archive.extractfile("config.json")
            given = json.loads(member.read() if member else b"")
    except (tarfile.TarError, KeyError, ValueError):
        raise Refused(500, "open config.json: no such file or directory") from None
    with call.state.changing():
        if any(each.name == name for each in call.state.plugins.values()):
            raise Refused(409, f'plugin "{name}" already exists')
        made = _new(name, _config(given))
        call.state.plugins[made.id] = made
        call.state.emit("plugin", "create", made.id, name=name)
    return nothing()


@operation("plugins.list")
def listed(call: Call) -> Answer:
    """List plugins."""
    filters = call.filters("capability", "enabled", "enable")
    wanted = filters.get("enabled") or filters.get("enable")
    with call.state.lock:
        found = call.state.plugins.values()
        return document(
            [
                each.described()
                for each in found
                if wanted is None or (wanted[0].lower() in ("1", "true")) == each.enabled
            ]
        )


@operation("plugins.inspect")
def inspect(call: Call) -> Answer:
    """Describe a plugin."""
    with call.state.lock:
        return document(_find(call.state, call.path["name"]).described())


@operation("plugins.privileges")
def privileges(call: Call) -> Answer:
    """Return the privileges that a plugin in the registry requests."""
    with call.state.lock:
        config = _remote(call).config
    found = [("network", "permissions to access a network", [config["Network"]["Type"]])]
    found += [("mount", "host path to mount", [each["Source"]]) for each in config["Mounts"]]
    found += [
        ("device", "host device to access", [each["Path"]]) for each in config["Linux"]["Devices"]
    ]
    if capabilities := config["Linux"]["Capabilities"]:
        found.append(("capabilities", "list of additional capabilities required", capabilities))
    return document([dict(zip(("Name", "Description", "Value"), e, strict=True)) for e in found])


def _remote(call: Call) -> Plugin:
    name = default_tag(call.text("remote"))
    plugin: Plugin | None = call.state.plugin_registry.get(name)
    if plugin is None:
        raise Refused(404, f"manifest unknown: {name}")
    return plugin


@operation("plugins.pull")
def pull(call: Call) -> Answer:
    """Take a plugin from the registry."""
    with call.state.changing():
        remote = _remote(call)
        name = default_tag(call.text("name") or call.text("remote"))
        if any(each.name == name for each in call.state.plugins.values()):
            raise Refused(409, f'plugin "{name}" already exists')
        made = _new(name, remote.config)
        call.state.plugins[made.id] = made
        call.state.emit("plugin", "pull", made.id, name=name)
    return stream(_progress(call, made, "Downloaded newer image"))


@operation("plugins.upgrade")
def upgrade(call: Call) -> Answer:
    """Take a plugin from the registry again."""
    with call.state.changing():
        plugin = _find(call.state, call.path["name"])
        if plugin.enabled:
            raise Refused(400, f"plugin {plugin.name} is enabled: disable it first")
        plugin.config = _remote(call).config
    return stream(_progress(call, plugin, "Upgraded"))


@operation("plugins.push")
def push(call: Call) -> Answer:
    """Put a plugin into the registry."""
    with call.state.changing():
        plugin = _find(call.state, call.path["name"])
        call.state.plugin_registry[plugin.name] = evolve(plugin)
    return stream(_progress(call, plugin, "Pushed"))


def _progress(call: Call, plugin: Plugin, what: str) -> Iterator[bytes]:
    layer = plugin.id[:12]
    yield call.line({"status": "Preparing", "progressDetail": {}, "id": layer})
    yield call.line({"status": what, "progressDetail": {}, "id": layer})


@operation("plugins.set")
def set_(call: Call) -> Answer:
    """Set variables of a plugin."""
    with call.state.changing():
        plugin = _find(call.state, call.path["name"])
        if plugin.enabled:
            raise Refused(400, "cannot set on an active plugin, disable plugin before setting")
        known = {each["Name"]: each for each in plugin.config["Env"]}
        for text in call.body or ():
            name, _, value = text.partition("=")
            if name not in known:
                raise Refused(400, f"setting {name!r} not found in the plugin configuration")
            rest = [e for e in plugin.settings["Env"] if e.partition("=")[0] != name]
            plugin.settings = {**plugin.settings, "Env": [*rest, f"{name}={value}"]}
    return nothing()


@operation("plugins.enable")
def enable(call: Call) -> Answer:
    """Enable a plugin."""
    return _switched(call, enabled=True)


@operation("plugins.disable")
def disable(call: Call) -> Answer:
    """Disable a plugin."""
    return _switched(call, enabled=False)


def _switched(call: Call, *, enabled: bool) -> Answer:
    with call.state.changing():
        plugin = _find(call.state, call.path["name"])
        if plugin.enabled == enabled:
            word = "enabled" if enabled else "disabled"
            raise Refused(
                400 if call.state.since("1.41") else 500, f"plugin {plugin.name} is already {word}"
            )
        plugin.enabled = enabled
        call.state.emit("plugin", "enable" if enabled else "disable", plugin.id, name=plugin.name)
    return nothing(200)


@operation("plugins.delete")
def delete(call: Call) -> Answer:
    """Remove a plugin."""
    with call.state.changing():
        plugin = _find(call.state, call.path["name"])
        if plugin.enabled and not call.flag("force"):
            raise Refused(
                400 if call.state.since("1.41") else 500, f"plugin {plugin.name} is enabled"
            )
        del call.state.plugins[plugin.id]
        call.state.emit("plugin", "remove", plugin.id, name=plugin.name)
        return document(plugin.described())
