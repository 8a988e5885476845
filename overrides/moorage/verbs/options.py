"""Keyword options of verbs in their own forms; the generator adds the fields of each version.

Types that come from `moorage_api.newest` are, in each version, those of that version.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, TypedDict

from moorage.auth.auto import Auto
from moorage.auth.registry_auth import RegistryAuth
from moorage.parse.published import HostPort

if TYPE_CHECKING:
    from moorage_api.newest import (
        ContainerSpecConfig,
        ContainerSpecSecret,
        DeviceRequest,
        EndpointPortConfig,
        HealthConfig,
        Mount,
        NetworkAttachmentConfig,
        ServiceMode,
        ServiceRollbackConfig,
        ServiceUpdateConfig,
        TaskRestartPolicy,
        Ulimit,
    )

__all__ = ["BuildOptions", "CreateOptions", "DeployOptions", "Health", "Restart", "Update"]


class Health(TypedDict, total=False):
    """A health check; durations are seconds, timedeltas or strs such as "1m30s"."""

    test: str | Sequence[str]
    """The command, as a list, or as a str for the container's shell; else the image's. A list may
    begin with "CMD" or "CMD-SHELL", as the API has it."""
    interval: float | timedelta | str
    timeout: float | timedelta | str
    start_period: float | timedelta | str
    start_interval: float | timedelta | str
    """Since API 1.44."""
    retries: int


class CreateOptions(TypedDict, total=False):
    """The options of `create`, `run` and `running`."""

    env: Mapping[str, str | None] | Sequence[str] | None
    """The environment, as a mapping or as "KEY=value"; None unsets a variable of the image."""
    ports: Mapping[str, HostPort | Sequence[HostPort]] | None
    """Ports to publish, `{"80/tcp": 8080}`: a port of the host, an address and a port, several of
    them in a list, or None for any that is free."""
    binds: Sequence[str] | None
    """Paths of the host, or named volumes, and their places inside: "/host:/container:ro"."""
    mounts: Sequence[str | Mount] | None
    """Mounts, each a model or as `docker run --mount` takes it."""
    network: str | None
    """The network to join: a name, or "none", "host", "container:NAME"."""
    aliases: Sequence[str] | None
    """Aliases of the container in that network."""
    memory: int | str | None
    """The limit of memory, in bytes or as "512m"."""
    cpus: float | str | None
    """The limit of processor time, in processors, e.g. 1.5."""
    tmpfs: Mapping[str, str] | Sequence[str] | None
    """Folders in memory: paths, or paths with options: `{"/tmp": "size=64m"}`."""
    gpus: int | str | Sequence[DeviceRequest] | None
    """Graphics processors: "all", a number, or as `docker run --gpus` takes it."""
    extra_hosts: Mapping[str, str] | Sequence[str] | None
    """More names of hosts: `{"db": "10.0.0.5"}`, or "db:10.0.0.5"."""
    health: str | Sequence[str] | Health | HealthConfig | Literal[False] | None
    """How to tell whether the container is healthy: a command as a list, or as a str for its shell;
    or with intervals, `{"test": "true", "interval": 5}`. False turns the image's off."""
    restart: str | None
    """When to start it again: "no", "always", "unless-stopped", "on-failure" or "on-failure:3"."""
    shm_size: int | str | None
    """The size of /dev/shm, in bytes or as "64m"."""
    stop_timeout: float | timedelta | str | None
    """Seconds to wait for the process to end when it is stopped."""
    pull: Literal["missing", "always", "never"]
    """When to pull the image; defaults to "missing"."""
    auth: RegistryAuth | Auto | None
    """Credentials for the pull; looked up where `docker login` left them by default."""


class Update(TypedDict, total=False):
    """Settings of updates; durations are seconds, timedeltas or strs such as "1m30s"."""

    parallelism: int
    """Number of tasks at a time; 0 is all."""
    delay: float | timedelta | str
    """The time between them."""
    failure_action: Literal["pause", "continue", "rollback"]
    """Action when tasks fail; a rollback itself can't be rolled back."""
    monitor: float | timedelta | str
    """Time to watch a new task for failure; defaults to 5 seconds."""
    max_failure_ratio: float
    """The share of tasks that may fail."""
    order: Literal["stop-first", "start-first"]
    """Whether a task stops before the next starts. Since API 1.29."""


class Restart(TypedDict, total=False):
    """Restart policy of tasks; durations are seconds, timedeltas or strs such as "1m30s"."""

    condition: Literal["none", "on-failure", "any"]
    delay: float | timedelta | str
    """The time before it; defaults to 5 seconds."""
    max_attempts: int
    """Number of attempts within the window; 0 is without a limit."""
    window: float | timedelta | str


class DeployOptions(TypedDict, total=False):
    """The options of `deploy`."""

    replicas: int | None
    """The number of tasks; of a job, those that are to complete."""
    mode: Literal["replicated", "global", "replicated-job", "global-job"] | ServiceMode | None
    """How tasks are made; defaults to "replicated". Jobs are since API 1.41."""
    labels: Mapping[str, str] | None
    """The labels of the service."""
    container_labels: Mapping[str, str] | None
    """The labels of its containers."""
    env: Mapping[str, str | None] | Sequence[str] | None
    """The environment, as a mapping or as "KEY=value"; None unsets a variable of the image."""
    ports: Mapping[str, HostPort | Sequence[HostPort]] | Sequence[EndpointPortConfig] | None
    """Ports to publish on every node, `{"80/tcp": 8080}`: a port, several of them in a list, or
    None for any that is free; or models."""
    secrets: Sequence[str | ContainerSpecSecret] | Mapping[str, str] | None
    """Secrets by their names, each the newest version that `put_secret` has made, at
    /run/secrets/NAME; a mapping has other targets. Or models."""
    configs: Sequence[str | ContainerSpecConfig] | Mapping[str, str] | None
    """Configs by their names, each the newest version that `put_config` has made, at /NAME; a
    mapping has other targets. Or models."""
    networks: Sequence[str | NetworkAttachmentConfig] | None
    """Overlay networks to join, by their names, or models."""
    mounts: Sequence[str | Mount] | None
    """Mounts, each a model or as `docker service create --mount` takes it."""
    memory: int | str | None
    """The limit of a container's memory, in bytes or as "512m"."""
    cpus: float | str | None
    """The limit of a container's processor time, in processors, e.g. 1.5."""
    constraints: Sequence[str] | None
    """Requirements for nodes, e.g. "node.role==worker"."""
    health: str | Sequence[str] | Health | HealthConfig | Literal[False] | None
    """How to tell whether a container is healthy: a command as a list, or as a str for its shell;
    or with intervals, `{"test": "true", "interval": 5}`. False turns the image's off."""
    restart: str | Restart | TaskRestartPolicy | None
    """When to start a task again: "none", "any", "on-failure" or "on-failure:3", or a mapping."""
    update: Update | ServiceUpdateConfig | None
    """Settings of updates: `{"parallelism": 2, "failure_action": "rollback"}`."""
    rollback: Update | ServiceRollbackConfig | None
    """Settings of rollbacks."""
    stop_timeout: float | timedelta | str | None
    """Seconds to wait for a process to end when it is stopped."""
    auth: RegistryAuth | Auto | None
    """The credentials to pull by, which the swarm keeps for its nodes; by default those that
    `docker login` left are looked up, and None gives none."""


class BuildOptions(TypedDict, total=False):
    """The options of `build`."""

    no_cache: bool | None
    """Whether to run all steps again."""
    cache_from: Sequence[str] | None
    """Images whose layers may replace steps that would make the same."""
    network: str | None
    """The network of the steps: "none", "host", or a name; by default that of containers."""
    add_hosts: Mapping[str, str] | Sequence[str] | None
    """More names of hosts: `{"db": "10.0.0.5"}`, or "db:10.0.0.5"."""
    shm_size: int | str | None
    """The size of /dev/shm, in bytes or as "64m"."""
    ulimits: Sequence[Ulimit] | None
    """The limits of the steps' processes."""
