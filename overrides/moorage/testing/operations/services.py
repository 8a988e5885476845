"""Operations on services and tasks, simplified: each task is a container on this engine."""

from __future__ import annotations

from typing import Any

from moorage.testing.objects.clock import timestamp
from moorage.testing.objects.filters import matches_labels, same_key
from moorage.testing.objects.orchestration import Orchestrator, desired_tasks, observed
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
        return document([_described(cluster, each, call.flag("status")) for each in found])


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


def _described(cluster: Cluster, service: dict[str, Any], status: bool) -> dict[str, Any]:
    if not status:
        return service
    states = [observed(e) for e in cluster.tasks.values() if e["ServiceID"] == service["ID"]]
    counts = {
        "RunningTasks": states.count("running"),
        "DesiredTasks": desired_tasks(service["Spec"]),
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
        service = versioned(Spec=spec, Endpoint=_endpoint(state, spec))
        if "ReplicatedJob" in spec["Mode"] or "GlobalJob" in spec["Mode"]:
            service["JobStatus"] = {"JobIteration": {"Index": 1}, "LastExecution": timestamp()}
        cluster.services[service["ID"]] = service
        state.emit("service", "create", service["ID"], name=name)
        service["orchestrator"] = Orchestrator(state, cluster, service)
        return document({"ID": service["ID"], "Warnings": None}, 201)


def _endpoint(state: State, spec: dict[str, Any]) -> dict[str, Any]:
    given = spec.get("EndpointSpec") or {}
    ports = [
        {"PublishMode": "ingress", "Protocol": "tcp", **each}
        | {"PublishedPort": each.get("PublishedPort") or state.new_port()}
        for each in given.get("Ports") or ()
    ]
    return {"Spec": given, **({"Ports": ports} if ports else {})}


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


@operation("services.inspect")
def inspect(call: Call) -> Answer:
    """Describe a service."""
    with call.state.lock:
        return document(found_in(manager(call.state).services, "service", call.path["id"]))


@operation("services.update")
def update(call: Call) -> Answer:
    """Replace a service's specification, or restore the previous one."""
    state = call.state
    with state.changing():
        cluster = manager(state)
        service = found_in(cluster.services, "service", call.path["id"])
        check_version(call, service)
        back = call.text("rollback") == "previous"
        if back and "PreviousSpec" not in service:
            raise Refused(
                400,
                "rpc error: code = FailedPrecondition desc = service "
                f"{service['Spec']['Name']} does not have a previous spec",
            )
        spec = service["PreviousSpec"] if back else _filled(call.body or {})
        if spec["Name"] != service["Spec"]["Name"]:
            raise Refused(
                501, "rpc error: code = Unimplemented desc = renaming services is not supported"
            )
        service["PreviousSpec"], service["Spec"] = service["Spec"], spec
        service["Endpoint"] = _endpoint(state, spec)
        touch(service)
        state.emit("service", "update", service["ID"], name=spec["Name"])
        service["orchestrator"].updated(back=back)
    return document({"Warnings": None})


@operation("services.delete")
def delete(call: Call) -> Answer:
    """Remove a service and its tasks."""
    state = call.state
    with state.changing():
        cluster = manager(state)
        service = found_in(cluster.services, "service", call.path["id"])
        del cluster.services[service["ID"]]
        service["orchestrator"].remove()
        state.emit("service", "remove", service["ID"], name=service["Spec"]["Name"])
    return nothing(200)


@operation("services.logs")
def logs(call: Call) -> Answer:
    """Return the logs of a service's tasks."""
    with call.state.lock:
        services = manager(call.state).services
        service = found_in(services, "service", call.path["id"])
    tty = bool(service["Spec"]["TaskTemplate"]["ContainerSpec"].get("TTY"))
    gone = lambda: service["ID"] not in services  # noqa: E731
    return logs_of(call, service["orchestrator"].output, gone, tty=tty)


@operation("tasks.logs")
def task_logs(call: Call) -> Answer:
    """Return a task's logs."""
    with call.state.lock:
        container = _task(manager(call.state), call.path["id"])["container"]
    if container is None:
        return logs_of(call, Output(), lambda: True)
    tty = bool(container.config.get("Tty"))
    return logs_of(call, container.output, lambda: not container.running, tty=tty)


def _task(cluster: Cluster, name: str) -> dict[str, Any]:
    for key, each in cluster.tasks.items():
        if key == name or (name and key.startswith(name)):
            return each
    raise Refused(404, f"task {name} not found")


def _task_told(task: dict[str, Any]) -> dict[str, Any]:
    observed(task)
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
            and ("_up-to-date" not in filters or _is_current(cluster, each))
        ]
        return document([_task_told(each) for each in found])


def _is_current(cluster: Cluster, task: dict[str, Any]) -> bool:
    return bool(cluster.services[task["ServiceID"]]["Spec"]["TaskTemplate"] == task["Spec"])


@operation("tasks.inspect")
def task(call: Call) -> Answer:
    """Describe a task."""
    with call.state.lock:
        return document(_task_told(_task(manager(call.state), call.path["id"])))
