"""The orchestrator of services: it creates, replaces and ends their tasks."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from moorage.testing.objects.clock import timestamp
from moorage.testing.objects.container import Container
from moorage.testing.objects.container_answers import host_config_of
from moorage.testing.objects.image import EMPTY_CONFIG, find_image
from moorage.testing.objects.lifecycle import later, remove, start, stop
from moorage.testing.objects.network import attach, find_network
from moorage.testing.objects.process import Output
from moorage.testing.objects.refused import Refused
from moorage.testing.objects.state import State
from moorage.testing.objects.swarm_state import Cluster, touch, versioned

__all__ = ["Orchestrator", "desired_tasks", "observed"]

_ENDED = ("complete", "failed", "rejected", "shutdown")
_FAILED = ("failed", "rejected")
_LONGEST = 0.3
"""Maximum seconds of any delay: of a restart, of an update, and of monitoring one."""
_KEPT = 4
"""Number of ended tasks that are kept for each slot."""
_GRACE = 10.0
_MESSAGES = {
    "updating": "update in progress",
    "completed": "update completed",
    "rollback_started": "manually requested rollback",
    "rollback_completed": "rollback completed",
}


def desired_tasks(spec: dict[str, Any]) -> int:
    """Return the number of tasks that a service is to have."""
    mode = spec["Mode"]
    if "Replicated" in mode:
        return int(mode["Replicated"].get("Replicas", 1))
    return int((mode.get("ReplicatedJob") or {}).get("TotalCompletions") or 1)


def observed(task: dict[str, Any]) -> str:
    """Update a task's status from its container, and return its state."""
    container: Container | None = task["container"]
    status = task["Status"]
    if container is None or status["State"] in _ENDED:
        return str(status["State"])
    health = (container.health or {}).get("Status")
    error = ""
    if container.running:
        now = "starting" if health == "starting" else "running"
    elif task["DesiredState"] == "shutdown":
        now = "shutdown"
    else:
        now = "failed" if container.exit_code or health == "unhealthy" else "complete"
        error = f"task: non-zero exit ({container.exit_code})" if now == "failed" else ""
    if now != status["State"]:
        message = {"running": "started", "complete": "finished"}.get(now, now)
        status |= {"Timestamp": timestamp(), "State": now, "Message": message}
        status |= {"Err": error} if error else {}
        task["ended"] = time.monotonic()
        touch(task)
    status["ContainerStatus"] = {
        "ContainerID": container.id,
        "PID": container.pid,
        "ExitCode": container.exit_code,
    }
    return now


class Orchestrator:
    """A thread that keeps the tasks of a service as its specification says.

    Attributes:
        output: The output of all its tasks.
    """

    def __init__(self, state: State, cluster: Cluster, service: dict[str, Any]) -> None:
        self.output = Output()
        self._state = state
        self._cluster = cluster
        self._service = service
        self._generation = 0
        self._restarts: dict[int, int] = {}
        self._reconcile()
        later(self._run)

    def updated(self, *, back: bool = False) -> None:
        """Begin an update to a new specification; the lock is held."""
        self._generation += 1
        self._service.pop("UpdateStatus", None)
        if self._dirty() and self._is_job():
            self._service["JobStatus"]["JobIteration"]["Index"] += 1
        if back or self._dirty():
            self._tell("rollback_started" if back else "updating")
        self._reconcile()

    def remove(self) -> None:
        """Remove all tasks; the lock is held."""
        for each in self._tasks():
            self._discard(each)

    def _run(self) -> None:
        state = self._state
        with state.lock:
            while self._lives():
                if self._updating():
                    self._roll()
                else:
                    state.lock.wait(self._reconcile())

    def _lives(self) -> bool:
        gone = self._service["ID"] not in self._cluster.services
        return not (gone or self._state.closed or self._state.swarm is None)

    def _updating(self) -> bool:
        state = self._service.get("UpdateStatus", {}).get("State")
        return state in ("updating", "rollback_started")

    def _tasks(self, slot: int | None = None) -> list[dict[str, Any]]:
        key = self._service["ID"]
        found = [each for each in self._cluster.tasks.values() if each["ServiceID"] == key]
        return [each for each in found if slot is None or each["slot"] == slot]

    def _slots(self) -> range:
        return range(1, desired_tasks(self._service["Spec"]) + 1)

    def _current(self, slot: int) -> dict[str, Any] | None:
        live = [each for each in self._tasks(slot) if each["DesiredState"] != "shutdown"]
        return live[-1] if live else None

    def _dirty(self) -> list[int]:
        template = self._service["Spec"]["TaskTemplate"]
        pairs = [(slot, self._current(slot)) for slot in self._slots()]
        return [slot for slot, task in pairs if task and task["Spec"] != template]

    def _reconcile(self) -> float:
        """Create and end tasks; returns the seconds until the next one is due."""
        unsuitable, due = self._unsuitable(), 3600.0
        for each in self._tasks():
            observed(each)
            if each["slot"] not in self._slots():
                self._discard(each)
        for slot in self._slots():
            task = self._current(slot)
            if task is None:
                if not self._tasks(slot):
                    self._begin(slot)
            elif task["Status"]["State"] in _ENDED:
                left = self._restarts_in(task)
                if left is not None and left > 0:
                    due = min(due, left)
                    continue
                task["DesiredState"] = "complete" if self._is_job() else "shutdown"
                if left is not None:
                    self._restarts[slot] = self._restarts.get(slot, 0) + 1
                    task["DesiredState"] = "shutdown"
                    self._begin(slot)
            elif task["container"] is None and not unsuitable:
                self._launch(task)
            elif task["container"] is not None and unsuitable:
                self._replace(slot)
        return due

    def _restarts_in(self, task: dict[str, Any]) -> float | None:
        """Return the seconds until an ended task is restarted; None if it is not."""
        policy = task["Spec"].get("RestartPolicy") or {}
        complete = task["Status"]["State"] == "complete"
        most = policy.get("MaxAttempts") or 0
        if (
            task["DesiredState"] == "shutdown"
            or policy.get("Condition") == "none"
            or (complete and (policy.get("Condition") == "on-failure" or self._is_job()))
            or (most and self._restarts.get(task["slot"], 0) >= most)
        ):
            return None
        return float(task["ended"] + _seconds(policy.get("Delay"), 5) - time.monotonic())

    def _is_job(self) -> bool:
        return "JobStatus" in self._service

    def _unsuitable(self) -> str:
        """Return why the engine's node can't run the tasks; empty if it can."""
        node = self._state.swarm.node
        if node["Spec"]["Availability"] != "active":
            return "no suitable node (1 node not available for new tasks)"
        placement = self._service["Spec"]["TaskTemplate"].get("Placement") or {}
        if all(_fits(node, each) for each in placement.get("Constraints") or ()):
            return ""
        return "no suitable node (scheduling constraints not satisfied on 1 node)"

    def _begin(self, slot: int) -> dict[str, Any]:
        """Create a task, and start it if a node can run it."""
        is_global = "Global" in self._service["Spec"]["Mode"]
        task = versioned(
            Labels={},
            Spec=self._service["Spec"]["TaskTemplate"],
            ServiceID=self._service["ID"],
            Slot=None if is_global else slot,
            NodeID="",
            Status={"Timestamp": timestamp(), "State": "pending", "Message": "", "PortStatus": {}},
            DesiredState="running",
            NetworksAttachments=None,
            JobIteration=dict(self._service.get("JobStatus", {}).get("JobIteration", {})) or None,
            slot=slot,
            container=None,
            ended=time.monotonic(),
        )
        self._cluster.tasks[task["ID"]] = task
        for old in self._tasks(slot)[: -_KEPT - 1]:
            self._discard(old)
        if unsuitable := self._unsuitable():
            task["Status"] |= {"Message": "pending task scheduling", "Err": unsuitable}
        else:
            self._launch(task)
        return task

    def _launch(self, task: dict[str, Any]) -> None:
        task["NodeID"] = self._state.swarm.node["ID"]
        task["Status"].pop("Err", None)
        try:
            task["container"] = self._container(task)
            start(self._state, task["container"])
            observed(task)
        except Refused as refused:
            task["ended"] = time.monotonic()
            task["Status"] |= {"State": "rejected", "Err": refused.message}

    def _container(self, task: dict[str, Any]) -> Container:
        state, spec = self._state, task["Spec"]
        wanted, service = spec["ContainerSpec"], self._service
        image = find_image(state, wanted["Image"].partition("@")[0])
        place = task["Slot"] or task["NodeID"]
        name = f"{service['Spec']['Name']}.{place}.{task['ID']}"
        about = {"node.id": task["NodeID"], "service.id": service["ID"], "task": ""}
        about |= {"service.name": service["Spec"]["Name"], "task.id": task["ID"], "task.name": name}
        labels = {f"com.docker.swarm.{key}": value for key, value in about.items()}
        command = wanted.get("Command")
        config = {**EMPTY_CONFIG, **image.config, "Image": wanted["Image"]}
        config |= {
            "Labels": {**(wanted.get("Labels") or {}), **labels},
            "Env": [*(image.config.get("Env") or ()), *(wanted.get("Env") or ())],
            "Entrypoint": command or image.config.get("Entrypoint"),
            "Cmd": wanted.get("Args") or (None if command else image.config.get("Cmd")),
            "Tty": bool(wanted.get("TTY")),
            "OpenStdin": bool(wanted.get("OpenStdin")),
        }
        more = {"User": "User", "WorkingDir": "Dir", "StopSignal": "StopSignal"}
        more |= {"Healthcheck": "Healthcheck", "Hostname": "Hostname"}
        config |= {key: wanted[name] for key, name in more.items() if wanted.get(name)}
        made = Container(name, config, host_config_of({}), image, wanted["Image"])
        config["Hostname"] = made.hostname
        made.output.also = self.output
        kinds = ("node", "service", "task")
        made.output.details = ",".join(f"com.docker.swarm.{e}.id={about[f'{e}.id']}" for e in kinds)
        for kind, folder in (("secret", "/run/secrets"), ("config", "")):
            known = getattr(self._cluster, f"{kind}s")
            for each in wanted.get(f"{kind.capitalize()}s") or ():
                found = known.get(each[f"{kind.capitalize()}ID"])
                target = (each.get("File") or {}).get("Name") or ""
                if found and target:
                    path = target if target.startswith("/") else f"{folder}/{target}"
                    made.files.write(path, base64.b64decode(found["Spec"].get("Data") or ""))
        state.containers[made.id] = made
        for each in spec.get("Networks") or ():
            attach(state, made, find_network(state, each["Target"]), {})
        return made

    def _replace(self, slot: int, *, start_first: bool = False) -> dict[str, Any]:
        """End the task of a slot, and create another."""
        old = self._current(slot)
        made = self._begin(slot) if start_first else None
        if old is not None:
            old["DesiredState"] = "shutdown"
            self._stop(old)
            if observed(old) not in _ENDED:
                old["Status"] |= {"State": "shutdown", "Message": "shutdown"}
        return made or self._begin(slot)

    def _stop(self, task: dict[str, Any]) -> None:
        if task["container"] is not None:
            grace = task["Spec"]["ContainerSpec"].get("StopGracePeriod")
            stop(self._state, task["container"], _GRACE if grace is None else grace / 1e9)

    def _discard(self, task: dict[str, Any]) -> None:
        """End and remove a task."""
        if self._cluster.tasks.pop(task["ID"], None) is not None:
            self._stop(task)
            if task["container"] is not None:
                remove(self._state, task["container"], volumes=True)

    def _roll(self) -> None:
        """Replace the tasks that have an older specification, batch by batch."""
        spec, back = self._service["Spec"], self._service["UpdateStatus"]["State"] != "updating"
        config = spec.get("RollbackConfig" if back else "UpdateConfig") or {}
        dirty, watched = self._dirty(), list[dict[str, Any]]()
        size = config.get("Parallelism", 1) or len(dirty)
        first = config.get("Order") == "start-first"
        for place in range(0, len(dirty), size or 1):
            batch = [
                self._replace(slot, start_first=first)
                for slot in dirty[place : place + size]
                if slot in self._slots()
            ]
            watched += batch
            if not self._wait(partial(_have_begun, batch)) or not self._wait(
                partial(_first_failed, watched), config.get("Monitor")
            ):
                return
            failed = _first_failed(watched)
            share = sum(e["Status"]["State"] in _FAILED for e in watched) / len(dirty)
            if failed and share > (config.get("MaxFailureRatio") or 0):
                if self._given_up(config.get("FailureAction") or "pause", failed, back=back):
                    return
            elif place + size < len(dirty) and not self._wait(bool, config.get("Delay") or 0):
                return
        self._tell("rollback_completed" if back else "completed")

    def _given_up(self, action: str, failed: dict[str, Any], *, back: bool) -> bool:
        """Apply the failure action of an update; returns whether the update ends."""
        why = f"due to failure or early termination of task {failed['ID']}"
        if action == "rollback" and not back and "PreviousSpec" in self._service:
            self._service["Spec"] = self._service.pop("PreviousSpec")
            self._tell("rollback_started", f"update rolled back {why}")
        elif action != "continue":
            self._tell("rollback_paused" if back else "paused", f"update paused {why}")
        return action != "continue"

    def _wait(self, done: Callable[[], object], nanoseconds: int | None = None) -> bool:
        """Wait for a condition, and keep the tasks running meanwhile.

        Returns:
            Whether the update goes on; False if the service was updated again or removed.
        """
        generation, end = self._generation, time.monotonic() + _LONGEST
        if nanoseconds is not None:
            end = time.monotonic() + _seconds(nanoseconds, 0)
        while not done() and (left := end - time.monotonic()) > 0:
            self._state.lock.wait(min(left, self._reconcile()))
            if not self._lives() or self._generation != generation:
                return False
        return True

    def _tell(self, state: str, message: str = "") -> None:
        """Set the status of an update, and emit its event."""
        now = timestamp()
        before = self._service.get("UpdateStatus", {})
        status = {"State": state, "StartedAt": before.get("StartedAt", now)}
        status["Message"] = message or _MESSAGES[state]
        if state.endswith("completed"):
            status["CompletedAt"] = now
        self._service["UpdateStatus"] = status
        touch(self._service)
        more = {"updatestate.new": state, "name": self._service["Spec"]["Name"]}
        self._state.emit("service", "update", self._service["ID"], more)


def _have_begun(tasks: Sequence[dict[str, Any]]) -> bool:
    return all(observed(each) != "starting" for each in tasks)


def _first_failed(tasks: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    return next((each for each in tasks if observed(each) in _FAILED), None)


def _seconds(nanoseconds: int | None, default: float) -> float:
    return min(default if nanoseconds is None else nanoseconds / 1e9, _LONGEST)


def _fits(node: dict[str, Any], constraint: str) -> bool:
    """Return whether a node meets a constraint, like "node.labels.disk==ssd"."""
    negated = "!=" in constraint
    name, _, value = constraint.partition("!=" if negated else "==")
    spec, about = node["Spec"], node["Description"]
    known = {
        "node.id": node["ID"],
        "node.role": spec["Role"],
        "node.hostname": about["Hostname"],
        "node.platform.os": about["Platform"]["OS"],
        "node.platform.arch": about["Platform"]["Architecture"],
        **{f"node.labels.{key}": each for key, each in (spec.get("Labels") or {}).items()},
    }
    return (known.get(name.strip()) == value.strip()) != negated
