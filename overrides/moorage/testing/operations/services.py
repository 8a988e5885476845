"""Operations on services and tasks, simplified: each task is a container on this engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moorage.testing.objects.clock import timestamp
from moorage.testing.objects.container import Container
from moorage.testing.objects.container_answers import host_config_of
from moorage.testing.objects.filters import matches_labels, same_key
from moorage.testing.objects.image import EMPTY_CONFIG, find_image
from moorage.testing.objects.lifecycle import remove, start, stop
from moorage.testing.objects.network import attach, find_network
from moorage.testing.objects.process import Output
from moorage.testing.objects.refused import Refused
from moorage.testing.objects.state import State
from moorage.testing.objects.swarm_state import Cluster, manager, touch, versioned
from moorage.testing.operations.container_streams import logs_of
from moorage.testing.operations.swarm import check_version, found_in
from moorage.testing.server.answers import Answer, document, nothing
from moorage.testing.server.call import Call, operation

__all__: list[str] = []

_ALREADY = "rpc error: code = AlreadyExists desc = name conflicts with an existing object: service "


@operation("services.list")
def listed(call: Call) -> Answer:
    """List services."""
    filters = call.filters("id", "label", "mode", "name", "runtime")
    with call.state.lock:
        cluster = manager(call.state)
        found = [each for each in cluster.services.values() if _matches(each, filters)]
        return document([_told(call, cluster, each, call.flag("status")) for each in found])


def _matches(service: dict[str, Any], filters: dict[str, list[str]]) -> bool:
    spec = service["Spec"]
    for name, values in filters.items():
        match name:
            case "label":
                good = matches_labels(spec.get("Labels"), values)
            case "name":
                good = any(same_key(spec["Name"], each) for each in values)
            case "id":
                good = any(service["ID"].startswith(each) for each in values)
            case "mode":
                good = any(each.lower() == key.lower() for key in spec["Mode"] for each in values)
            case _:
                good = True
        if not good:
            return False
    return True


def _told(call: Call, cluster: Cluster, service: dict[str, Any], status: bool) -> dict[str, Any]:
    if not status:
        return service
    tasks = [each for each in cluster.tasks.values() if each["ServiceID"] == service["ID"]]
    states = [_state_of(call.state, each) for each in tasks]
    counts = {
        "RunningTasks": states.count("running"),
        "DesiredTasks": sum(each["DesiredState"] == "running" for each in tasks),
        "CompletedTasks": states.count("complete"),
    }
    return {**service, "ServiceStatus": counts}


@operation("services.create")
def create(call: Call) -> Answer:
    """Make a service, and start its tasks."""
    body, state = call.body or {}, call.state
    with state.changing():
        cluster = manager(state)
        name = body.get("Name") or ""
        if not name:
            raise Refused(400, "rpc error: code = InvalidArgument desc = name must be provided")
        if any(each["Spec"]["Name"] == name for each in cluster.services.values()):
            raise Refused(409, f"{_ALREADY}{name} already exists")
        spec = _filled(body)
        service = versioned(Spec=spec, Endpoint={"Spec": spec.get("EndpointSpec") or {}})
        if "ReplicatedJob" in spec["Mode"] or "GlobalJob" in spec["Mode"]:
            service["JobStatus"] = {"JobIteration": {"Index": 1}, "LastExecution": timestamp()}
        cluster.services[service["ID"]] = service
        for slot in range(_count(spec)):
            _run_task(state, cluster, service, slot + 1)
        state.emit("service", "create", service["ID"], name=name)
        return document({"ID": service["ID"], "Warnings": None}, 201)


def _filled(body: dict[str, Any]) -> dict[str, Any]:
    template = dict(body.get("TaskTemplate") or {})
    mode = {key: value for key, value in (body.get("Mode") or {}).items() if value is not None}
    mode = mode or {"Replicated": {}}
    if "Replicated" in mode:
        mode["Replicated"] = {"Replicas": 1, **(mode["Replicated"] or {})}
    if not template.get("ContainerSpec", {}).get("Image"):
        raise Refused(
            400,
            "rpc error: code = InvalidArgument desc = ContainerSpec: image reference must be "
            "provided",
        )
    template["ContainerSpec"] = {"Isolation": "default", **template["ContainerSpec"]}
    template.setdefault("ForceUpdate", 0)
    template.setdefault("Runtime", "container")
    if body.get("Networks") and not template.get("Networks"):
        template["Networks"] = body["Networks"]
    given = {key: value for key, value in body.items() if value is not None}
    return {**given, "Labels": body.get("Labels") or {}, "TaskTemplate": template, "Mode": mode}


def _count(spec: dict[str, Any]) -> int:
    mode = spec["Mode"]
    if "Replicated" in mode:
        replicas = (mode["Replicated"] or {}).get("Replicas")
        return 1 if replicas is None else int(replicas)
    if "ReplicatedJob" in mode:
        return int((mode["ReplicatedJob"] or {}).get("TotalCompletions") or 1)
    return 1


def _run_task(state: State, cluster: Cluster, service: dict[str, Any], slot: int) -> None:
    spec = service["Spec"]["TaskTemplate"]
    task = versioned(
        Labels={},
        Spec=spec,
        ServiceID=service["ID"],
        Slot=slot,
        NodeID=state.swarm.node["ID"],
        Status={"Timestamp": timestamp(), "State": "pending", "Message": "", "PortStatus": {}},
        DesiredState="running",
        NetworksAttachments=None,
    )
    cluster.tasks[task["ID"]] = task
    wanted = spec["ContainerSpec"]
    try:
        image = find_image(state, wanted["Image"].partition("@")[0])
    except Refused as error:
        task["Status"] |= {"State": "rejected", "Err": f"{error.message}"}
        return
    name = f"{service['Spec']['Name']}.{slot}.{task['ID']}"
    labels = {
        **(wanted.get("Labels") or {}),
        "com.docker.swarm.node.id": task["NodeID"],
        "com.docker.swarm.service.id": service["ID"],
        "com.docker.swarm.service.name": service["Spec"]["Name"],
        "com.docker.swarm.task": "",
        "com.docker.swarm.task.id": task["ID"],
        "com.docker.swarm.task.name": name,
    }
    command = wanted.get("Command")
    config = {**EMPTY_CONFIG, **image.config, "Labels": labels, "Image": wanted["Image"]}
    config["Env"] = [*(image.config.get("Env") or ()), *(wanted.get("Env") or ())]
    config["Entrypoint"] = command or image.config.get("Entrypoint")
    config["Cmd"] = wanted.get("Args") or (None if command else image.config.get("Cmd"))
    container = Container(
        name, config, host_config_of({}), image, wanted["Image"], image.files.copy()
    )
    config["Hostname"] = container.id[:12]
    state.containers[container.id] = container
    for each in spec.get("Networks") or ():
        attach(state, container, find_network(state, each["Target"]), {})
    task["container"] = container.id
    try:
        start(state, container)
    except Refused as error:
        task["Status"] |= {"State": "failed", "Err": error.message}


def _state_of(state: State, task: dict[str, Any]) -> str:
    """Bring a task's status up to its container's, and return its state."""
    container = state.containers.get(task.get("container", ""))
    if container is None:
        return str(task["Status"]["State"])
    now = "running" if container.running else "complete" if container.exit_code == 0 else "failed"
    if container.status == "created":
        now = str(task["Status"]["State"])
    if now != task["Status"]["State"]:
        task["Status"] |= {"Timestamp": timestamp(), "State": now, "Message": now}
        touch(task)
    task["Status"]["ContainerStatus"] = {
        "ContainerID": container.id,
        "PID": container.pid,
        "ExitCode": container.exit_code,
    }
    return now


@operation("services.inspect")
def inspect(call: Call) -> Answer:
    """Describe a service."""
    with call.state.lock:
        return document(found_in(manager(call.state).services, "service", call.path["id"]))


@operation("services.update")
def update(call: Call) -> Answer:
    """Replace a service's specification."""
    state = call.state
    with state.changing():
        cluster = manager(state)
        service = found_in(cluster.services, "service", call.path["id"])
        check_version(call, service)
        old, spec = service["Spec"], _filled(call.body or {})
        service["PreviousSpec"], service["Spec"] = old, spec
        touch(service)
        if spec["TaskTemplate"] != old["TaskTemplate"] or _count(spec) != _count(old):
            _end_tasks(state, cluster, service)
            for slot in range(_count(spec)):
                _run_task(state, cluster, service, slot + 1)
            now = timestamp()
            service["UpdateStatus"] = {
                "State": "completed",
                "StartedAt": now,
                "CompletedAt": now,
                "Message": "update completed",
            }
        state.emit("service", "update", service["ID"], name=spec["Name"])
    return document({"Warnings": None})


def _end_tasks(state: State, cluster: Cluster, service: dict[str, Any]) -> None:
    for key, task in list(cluster.tasks.items()):
        if task["ServiceID"] == service["ID"]:
            container = state.containers.get(task.get("container", ""))
            if container is not None:
                stop(state, container, 0)
                remove(state, container, volumes=True)
            del cluster.tasks[key]


@operation("services.delete")
def delete(call: Call) -> Answer:
    """Remove a service and its tasks."""
    state = call.state
    with state.changing():
        cluster = manager(state)
        service = found_in(cluster.services, "service", call.path["id"])
        _end_tasks(state, cluster, service)
        del cluster.services[service["ID"]]
        state.emit("service", "remove", service["ID"], name=service["Spec"]["Name"])
    return nothing(200)


@operation("services.logs")
def logs(call: Call) -> Answer:
    """Return the logs of a service's first task."""
    with call.state.lock:
        cluster = manager(call.state)
        service = found_in(cluster.services, "service", call.path["id"])
        tasks = [each for each in cluster.tasks.values() if each["ServiceID"] == service["ID"]]
    return _logs(call, tasks)


@operation("tasks.logs")
def task_logs(call: Call) -> Answer:
    """Return a task's logs."""
    with call.state.lock:
        return _logs(call, [_task(manager(call.state), call.path["id"])])


def _logs(call: Call, tasks: list[dict[str, Any]]) -> Answer:
    containers = [call.state.containers.get(each.get("container", "")) for each in tasks]
    first = next((each for each in containers if each is not None), None)
    if first is None:
        return logs_of(call, Output(), lambda: True)
    over: Callable[[], bool] = lambda: not first.running  # noqa: E731
    return logs_of(call, first.output, over)


def _task(cluster: Cluster, name: str) -> dict[str, Any]:
    for key, each in cluster.tasks.items():
        if key == name or (name and key.startswith(name)):
            return each
    raise Refused(404, f"task {name} not found")


def _task_told(state: State, task: dict[str, Any]) -> dict[str, Any]:
    _state_of(state, task)
    return {name: value for name, value in task.items() if name[0].isupper()}


@operation("tasks.list")
def tasks(call: Call) -> Answer:
    """List tasks."""
    filters = call.filters(
        *("desired-state", "id", "label", "name", "node", "runtime", "service", "_up-to-date")
    )
    with call.state.lock:
        cluster = manager(call.state)
        services = {
            found_in(cluster.services, "service", each)["ID"] for each in filters.get("service", [])
        }
        found = [
            each
            for each in cluster.tasks.values()
            if ("service" not in filters or each["ServiceID"] in services)
            and ("node" not in filters or each["NodeID"] in filters["node"])
            and ("desired-state" not in filters or each["DesiredState"] in filters["desired-state"])
            and ("id" not in filters or any(each["ID"].startswith(v) for v in filters["id"]))
        ]
        return document([_task_told(call.state, each) for each in found])


@operation("tasks.inspect")
def task(call: Call) -> Answer:
    """Describe a task."""
    with call.state.lock:
        return document(_task_told(call.state, _task(manager(call.state), call.path["id"])))
