"""Handlers of operations: each of these modules registers its functions."""

from __future__ import annotations

from moorage.testing.operations import (
    building,
    container_files,
    container_streams,
    containers,
    image_transfer,
    images,
    networks,
    plugins,
    secrets,
    services,
    swarm,
    system,
    volumes,
)

__all__ = [
    "building",
    "container_files",
    "container_streams",
    "containers",
    "image_transfer",
    "images",
    "networks",
    "plugins",
    "secrets",
    "services",
    "swarm",
    "system",
    "volumes",
]
