"""Operations on containers: made, listed, changed and removed."""

from __future__ import annotations

import json
from typing import Any

from moorage.testing.objects.clock import unix_seconds
from moorage.testing.objects.container import (
    Container,
    find_container,
    free_name,
    is_name,
    not_running,
)
from moorage.testing.objects.container_answers import host_config_of, inspected, size_rw, summary
from moorage.testing.objects.container_checks import check_configuration, check_host
from moorage.testing.objects.filters import matches_labels, matches_time, same_key
from moorage.testing.objects.image import ARCHITECTURE, EMPTY_CONFIG, Image, find_image
from moorage.testing.objects.lifecycle import check_signal, kill, processes_of, remove, start, stop
from moorage.testing.objects.network import attach, find_network
from moorage.testing.objects.platforms import normalized, same_machine
from moorage.testing.objects.refused import Refused
from moorage.testing.objects.state import State
from moorage.testing.objects.volume import mounts_for
from moorage.testing.server.answers import Answer, document, not_modified, nothing, stream
from moorage.testing.server.call import Call, operation

__all__: list[str] = []

FILTERS = (
    *("ancestor", "before", "expose", "exited", "health", "id", "isolation", "is-task", "label"),
    *("name", "network", "publish", "since", "status", "volume"),
)
_NEEDS_RESET = ("HostConfig", "NetworkingConfig")
_STOP_SECONDS = 10
_STATES = ("created", "running", "paused", "restarting", "removing", "exited", "dead")
_HEALTH = ("none", "starting", "healthy", "unhealthy")


@operation("containers.create")
def create(call: Call) -> Answer:
    """Make a container, and the volumes that it names."""
    body = call.body or {}
    state = call.state
    if not body:
        word = "config" if state.since("1.45") else "Config"
        raise Refused(400, f"{word} cannot be empty in order to create a container")
    with state.changing():
        if not body.get("Image"):
            raise Refused(400, "no image specified" if state.since("1.44") else "invalid reference")
        check_configuration(state, body)
        check_host(state, body.get("HostConfig") or {})
        image = _image_of(state, body["Image"], call.text("platform"))
        name = _checked_name(call, call.text("name").removeprefix("/"))
        config = {**EMPTY_CONFIG, **image.config}
        config |= {key: value for key, value in body.items() if key not in _NEEDS_RESET}
        if body.get("Entrypoint") is None:
            config["Entrypoint"] = image.config.get("Entrypoint")
            if body.get("Cmd") is None:
                config["Cmd"] = image.config.get("Cmd")
        for key in ("Cmd", "Entrypoint"):
            if isinstance(config.get(key), str):
                config[key] = [config[key]]
        if config.get("Entrypoint") in ([], [""]):
            config["Entrypoint"] = None
        config["Env"] = _variables(image.config.get("Env"), body.get("Env")) or None
        config["Labels"] = {**image.labels, **(body.get("Labels") or {})}
        for key in ("ExposedPorts", "Volumes"):
            merged = {**(image.config.get(key) or {}), **(body.get(key) or {})}
            config[key] = merged or None
        if body.get("WorkingDir") in (None, ""):
            config["WorkingDir"] = image.config.get("WorkingDir") or ""
        host_config = host_config_of(body.get("HostConfig") or {})
        container = Container(name or free_name(state), config, host_config, image, body["Image"])
        if not container.args:
            raise Refused(400, f"{'no' if state.since('1.44') else 'No'} command specified")
        config["Hostname"] = container.hostname
        container.mounts = mounts_for(state, container)
        state.containers[container.id] = container
        _connect(call, container, (body.get("NetworkingConfig") or {}).get("EndpointsConfig") or {})
        state.emit("container", "create", container.id, container.event)
    return document({"Id": container.id, "Warnings": []}, 201)


def _image_of(state: State, name: str, platform: str) -> Image:
    """Find the image of a container, which has to be of the platform if one is given."""
    try:
        wanted = normalized(platform, ARCHITECTURE) if platform else ""
    except ValueError as error:
        raise Refused(400, str(error)) from None
    image = find_image(state, name)
    own = f"linux/{ARCHITECTURE}"
    if wanted and not same_machine(wanted, own):
        reason = f"does not match the specified platform: wanted {wanted}, actual: {own}"
        if state.since("1.48"):
            reason = f"its platform ({own}) does not match the specified platform ({wanted})"
        raise Refused(404, f"image with reference {name} was found but {reason}")
    return image


def _checked_name(call: Call, name: str, before: str = "") -> str:
    if name and not is_name(name):
        raise Refused(
            400,
            f"Invalid container name ({before}{name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed",
        )
    for each in call.state.containers.values():
        if name and each.name == name:
            raise Refused(
                409,
                f'Conflict. The container name "/{name}" is already in use by container '
                f'"{each.id}". You have to remove (or rename) that container to be able to reuse '
                "that name.",
            )
    return name


def _variables(base: list[str] | None, given: list[str] | None) -> list[str]:
    made: dict[str, str] = {}
    for each in (*(base or ()), *(given or ())):
        made[each.partition("=")[0]] = each
    return [*made.values()]


def _connect(call: Call, container: Container, endpoints: dict[str, Any]) -> None:
    mode = container.host_config["NetworkMode"]
    if mode.startswith("container:"):
        return
    names: dict[str, Any] = {"bridge" if mode == "default" else mode: {}}
    for name, settings in endpoints.items():
        names["bridge" if name == "default" else name] = settings or {}
    for name, settings in names.items():
        try:
            network = find_network(call.state, name)
        except Refused:
            if name in endpoints:
                call.state.containers.pop(container.id)
                raise
            continue  # an engine looks for it when the container is started
        attach(call.state, container, network, settings)


@operation("containers.list")
def listed(call: Call) -> Answer:
    """List containers, the newest first."""
    filters = call.filters(*FILTERS)
    limit = call.number("limit")
    every = call.flag("all") or limit > 0 or bool({"status", "exited"} & filters.keys())
    with call.state.lock:
        found = [
            each
            for each in reversed(call.state.containers.values())
            if (every or each.running) and _matches(call, each, filters)
        ]
        if limit > 0:
            found = found[:limit]
        return document([summary(call.state, each, sizes=call.flag("size")) for each in found])


def _matches(call: Call, container: Container, filters: dict[str, list[str]]) -> bool:
    state = call.state
    networks = {state.networks[key]["Name"] for key in container.endpoints if key in state.networks}
    networks |= container.endpoints.keys()
    volumes = {each.get(key) for each in container.mounts for key in ("Name", "Destination")}
    exposed = {*(container.config.get("ExposedPorts") or {}), *container.published}
    ports = {str(each).partition("/")[0] for each in exposed}
    published = {key.partition("/")[0] for key, value in container.published.items() if value}
    image = container.image
    ancestors = {container.image_name, image.id, image.id[7:], image.id[7:19], *image.tags}
    ancestors |= {each.removesuffix(":latest") for each in ancestors}
    health = (container.health or {}).get("Status", "none")
    for name, values in filters.items():
        match name:
            case "label":
                good = matches_labels(container.labels, values)
            case "name":
                good = any(same_key(f"/{container.name}", each) for each in values)
            case "id":
                good = any(container.id.startswith(each) for each in values)
            case "status":
                _check_words(call, name, values, _STATES)
                good = container.status in values
            case "exited":
                if not all(each.isdigit() for each in values):
                    text = f'strconv.Atoi: parsing "{values[0]}": invalid syntax'
                    raise call.wrong_filter(f"'exited={values[0]}': {text}")
                good = container.runs > 0 and str(container.exit_code) in values
                good = good and not container.running
            case "health":
                _check_words(call, name, values, _HEALTH)
                good = health in values
            case "network":
                good = bool(networks & {*values})
            case "volume":
                good = bool(volumes & {*values})
            case "ancestor":
                good = bool(ancestors & {*values})
            case "expose":
                good = bool(ports & {each.partition("/")[0] for each in values})
            case "publish":
                good = bool(published & {each.partition("/")[0] for each in values})
            case "before" | "since":
                good = _in_order(call, container, name, values)
            case "is-task":
                is_task = "com.docker.swarm.task.id" in container.labels
                good = is_task == call.truth(name, values)
            case _:
                good = True
        if not good:
            return False
    return True


def _check_words(call: Call, name: str, values: list[str], known: tuple[str, ...]) -> None:
    for each in values:
        if each not in known:
            raise call.wrong_filter(f"'{name}={each}'")


def _in_order(call: Call, container: Container, name: str, values: list[str]) -> bool:
    order = list(call.state.containers.values())
    other = order.index(find_container(call.state, values[0]))
    place = order.index(container)
    return place < other if name == "before" else place > other


@operation("containers.inspect")
def inspect(call: Call) -> Answer:
    """Describe a container in full."""
    with call.state.lock:
        container = find_container(call.state, call.path["id"])
        return document(inspected(call.state, container, sizes=call.flag("size")))


@operation("containers.start")
def started(call: Call) -> Answer:
    """Start a container."""
    container = find_container(call.state, call.path["id"])
    return nothing() if start(call.state, container) else not_modified()


@operation("containers.stop")
def stopped(call: Call) -> Answer:
    """Stop a container."""
    container = find_container(call.state, call.path["id"])
    return nothing() if stop(call.state, container, _patience(call, container)) else not_modified()


@operation("containers.restart")
def restarted(call: Call) -> Answer:
    """Stop a container, if it runs, and start it."""
    container = find_container(call.state, call.path["id"])
    stop(call.state, container, _patience(call, container))
    try:
        start(call.state, container)
    except Refused as refused:
        what = f"Cannot restart container {call.path['id']}: {refused.message}"
        raise Refused(500, what) from None
    call.state.emit("container", "restart", container.id, container.event)
    return nothing()


def _patience(call: Call, container: Container) -> float:
    default = container.config.get("StopTimeout")
    return call.number("t", _STOP_SECONDS if default is None else default)


@operation("containers.kill")
def killed(call: Call) -> Answer:
    """Send a signal."""
    state, name, signal = call.state, call.path["id"], call.text("signal") or "SIGKILL"
    if not state.since("1.45"):
        check_signal(state, signal)
    try:
        check_signal(state, signal)
        kill(state, find_container(state, name), signal)
    except Refused as refused:
        word = "cannot" if state.since("1.45") else "Cannot"
        what = f"{word} kill container: {name}: {refused.message}"
        raise Refused(refused.status, what) from None
    return nothing()


@operation("containers.pause")
def paused(call: Call) -> Answer:
    """Pause a container."""
    with call.state.changing():
        container = find_container(call.state, call.path["id"])
        if not container.running:
            raise not_running(call.state, container)
        if container.status == "paused":
            raise Refused(409, f"Container {container.id} is already paused")
        container.status = "paused"
        for each in processes_of(call.state, container):
            each.paused = True
        call.state.emit("container", "pause", container.id, container.event)
    return nothing()


@operation("containers.unpause")
def unpaused(call: Call) -> Answer:
    """Resume a paused container."""
    with call.state.changing():
        container = find_container(call.state, call.path["id"])
        if container.status != "paused":
            # Engines use this message, with the status of an internal failure.
            raise Refused(500, f"Container {container.id} is not paused")
        container.status = "running"
        for each in processes_of(call.state, container):
            each.paused = False
        call.state.emit("container", "unpause", container.id, container.event)
    return nothing()


@operation("containers.rename")
def renamed(call: Call) -> Answer:
    """Give a container another name."""
    with call.state.changing():
        container = find_container(call.state, call.path["id"])
        name = call.text("name").removeprefix("/")
        if not name:
            raise Refused(400, "Neither old nor new names may be empty")
        if name == container.name:
            what = "Renaming a container with the same name as its current name"
            raise Refused(400, what)
        try:
            old, container.name = container.name, _checked_name(call, name, "/")
        except Refused as refused:
            what = f"Error when allocating new name: {refused.message}"
            raise Refused(refused.status, what) from None
        call.state.emit("container", "rename", container.id, container.event, oldName=f"/{old}")
    return nothing()


@operation("containers.update")
def updated(call: Call) -> Answer:
    """Change the limits of a container."""
    with call.state.changing():
        container = find_container(call.state, call.path["id"])
        given = {name: value for name, value in (call.body or {}).items() if value is not None}
        check_host(call.state, given)
        if not given.get("RestartPolicy", {}).get("Name", "x"):
            given.pop("RestartPolicy")
        container.host_config = host_config_of({**container.host_config, **given})
        call.state.emit("container", "update", container.id, container.event)
    return document({"Warnings": []})


@operation("containers.delete")
def deleted(call: Call) -> Answer:
    """Remove a container."""
    container = find_container(call.state, call.path["id"])
    if container.running:
        if not call.flag("force"):
            raise Refused(409, _still_running(call, container))
        kill(call.state, container, "SIGKILL")
    remove(call.state, container, volumes=call.flag("v"))
    return nothing()


def _still_running(call: Call, container: Container) -> str:
    if call.state.since("1.45"):
        what = "running: stop the container before removing or force remove"
        if container.status == "paused":
            what = "paused and must be unpaused first"
        slash = "" if call.state.since("1.47") else "/"
        return f'cannot remove container "{slash}{container.name}": container is {what}'
    paused = container.status == "paused"
    return (
        f"You cannot remove a {'paused' if paused else 'running'} container {container.id}. "
        f"{'Unpause and then stop' if paused else 'Stop'} the container before attempting removal "
        "or force remove"
    )


@operation("containers.wait")
def waited(call: Call) -> Answer:
    """Wait for the end of a container; the head of the response comes at once."""
    state = call.state
    with state.lock:
        container = find_container(state, call.path["id"])
        condition = call.text("condition") or "not-running"
        runs = container.runs + (not container.running)
    if condition not in ("not-running", "next-exit", "removed"):
        raise Refused(400, f"invalid condition: {json.dumps(condition)}")

    def over() -> bool:
        if condition == "removed":
            return container.removed
        if condition == "next-exit":
            return container.runs > runs or (container.runs == runs and not container.running)
        return not container.running

    def pieces() -> Any:
        if state.wait_for(over, call.connection.is_gone):
            said: dict[str, Any] = {"StatusCode": container.exit_code}
            if not state.since("1.42"):
                said["Error"] = None
            yield call.line(said)

    return stream(pieces())


@operation("containers.top")
def top(call: Call) -> Answer:
    """List the processes of a container."""
    with call.state.lock:
        container = find_container(call.state, call.path["id"])
        if not container.running:
            raise not_running(call.state, container)
        titles = ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"]
        rows = [
            ["root", str(each.pid), "1", "0", "00:00", "?", "00:00:00", " ".join(each.args)]
            for each in processes_of(call.state, container)
        ]
        return document({"Titles": titles, "Processes": rows})


@operation("containers.prune")
def pruned(call: Call) -> Answer:
    """Remove all containers that do not run."""
    filters = call.filters("label", "label!", "until")
    state = call.state
    gone, space = [], 0
    with state.changing():
        for each in list(state.containers.values()):
            if (
                not each.running
                and matches_labels(each.labels, filters.get("label", []))
                and not any(matches_labels(each.labels, [one]) for one in filters.get("label!", []))
                and matches_time(unix_seconds(each.created), filters.get("until", []))
            ):
                space += size_rw(each)
                remove(state, each, volumes=False)
                gone.append(each.id)
        state.emit("container", "prune", "", reclaimed=str(space))
    return document({"ContainersDeleted": gone or None, "SpaceReclaimed": space})
