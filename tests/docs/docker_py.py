"""docker-py without an engine: its requests are kept; its objects are made of the same as ours."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import docker
import requests
from docker.models import (
    configs,
    containers,
    images,
    networks,
    nodes,
    plugins,
    secrets,
    services,
    swarm,
    volumes,
)

from moorage_api import newest

__all__ = ["FOUND", "OBJECTS", "Sent", "client"]

CONTAINER = {
    "Id": "web" + "0" * 61,
    "Name": "/web",
    "Image": "sha256:busybox",
    "Config": {"Labels": {"owner": "me"}},
    "State": {"Status": "running", "Health": {"Status": "healthy"}},
    "NetworkSettings": {"Ports": {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]}},
}
IMAGE = {
    "Id": "sha256:busybox",
    "RepoTags": ["busybox:latest"],
    "Config": {"Labels": {"owner": "me"}},
}
DISTRIBUTION = {
    "Descriptor": {"digest": "sha256:" + "0f" * 32},
    "Platforms": [{"os": "linux", "architecture": "amd64"}],
}
NETWORK = {"Id": "backend", "Name": "backend", "Containers": {"web": {"Name": "web"}}}
VOLUME = {"Name": "data"}
SERVICE = {
    "ID": "sleeper",
    "Version": {"Index": 7},
    "Spec": {
        "Name": "sleeper",
        "Mode": {"Replicated": {"Replicas": 1}},
        "TaskTemplate": {"ContainerSpec": {"Image": "busybox"}, "ForceUpdate": 0},
    },
}
NODE = {"ID": "node", "Version": {"Index": 7}, "Spec": {"Role": "manager"}}
SECRET = {"ID": "password", "Spec": {"Name": "password"}}
CONFIG = {"ID": "motd", "Spec": {"Name": "motd"}}
SWARM = {"ID": "swarm", "Version": {"Index": 7}, "Spec": {"Name": "default"}}
PLUGIN = {"Id": "sshfs", "Name": "sshfs", "Enabled": False, "Settings": {"Env": ["DEBUG=0"]}}

OBJECTS: dict[str, type[Any]] = {
    "client": docker.DockerClient,
    "client.containers": containers.ContainerCollection,
    "container": containers.Container,
    "result": containers.ExecResult,
    "client.images": images.ImageCollection,
    "image": images.Image,
    "registry_data": images.RegistryData,
    "client.networks": networks.NetworkCollection,
    "network": networks.Network,
    "client.volumes": volumes.VolumeCollection,
    "volume": volumes.Volume,
    "client.services": services.ServiceCollection,
    "service": services.Service,
    "client.nodes": nodes.NodeCollection,
    "node": nodes.Node,
    "client.secrets": secrets.SecretCollection,
    "secret": secrets.Secret,
    "client.configs": configs.ConfigCollection,
    "config": configs.Config,
    "client.swarm": swarm.Swarm,
    "client.plugins": plugins.PluginCollection,
    "plugin": plugins.Plugin,
}
"""The classes of docker-py, by how the table writes what is of them."""

FOUND: dict[str, tuple[type[Any], dict[str, Any]]] = {
    "container": (newest.ContainerInspectResponse, CONTAINER),
    "image": (newest.ImageInspect, IMAGE),
    "registry_data": (newest.DistributionInspect, DISTRIBUTION),
    "network": (newest.NetworkInspect, NETWORK),
    "volume": (newest.Volume, VOLUME),
    "service": (newest.Service, SERVICE),
    "node": (newest.Node, NODE),
    "secret": (newest.Secret, SECRET),
    "config": (newest.Config, CONFIG),
    "client.swarm": (newest.Swarm, SWARM),
    "plugin": (newest.Plugin, PLUGIN),
}
"""The model that `found` is, and what both sides have of it."""

ANSWERS = {
    "/containers/create": {"Id": "web"},
    "/containers/web/json": CONTAINER,
    "/images/sha256:busybox/json": IMAGE,
    "/distribution/busybox/json": DISTRIBUTION,
    "/networks/backend": NETWORK,
    "/volumes/data": VOLUME,
    "/services/sleeper": SERVICE,
    "/nodes/node": NODE,
    "/secrets/password": SECRET,
    "/configs/motd": CONFIG,
    "/swarm": SWARM,
    "/plugins/sshfs/json": PLUGIN,
    "/exec/id/json": {"ProcessConfig": {"tty": False}},
}


class Sent(requests.adapters.BaseAdapter):
    """An adapter of requests that keeps what it is given, and answers from `ANSWERS`."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[tuple[str, str]] = []
        self.bodies: list[Any] = []
        self.queries: list[dict[str, str]] = []

    def send(self, request: Any, **_options: Any) -> requests.Response:  # type: ignore[override]
        """Keep a request."""
        path = unquote(urlsplit(request.url).path).removeprefix("/v1.44")
        self.requests.append((request.method, path))
        self.bodies.append(request.body)
        self.queries.append(dict(parse_qsl(urlsplit(request.url).query)))
        response = requests.Response()
        response.status_code = 200
        response.request = request
        response.url = request.url
        response._content = json.dumps(ANSWERS.get(path, {})).encode()
        return response

    def close(self) -> None:
        """Close nothing."""


def client(sent: Sent) -> docker.DockerClient:
    """Make a client of docker-py whose requests are kept."""
    made = docker.DockerClient(base_url="tcp://127.0.0.1:9", version="1.44")
    made.api.mount("http://", sent)
    return made
