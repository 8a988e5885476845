"""Credentials for registries: given explicitly, or looked up where `docker login` has left them.

auth = moorage.auth.find("registry.example.com/team/app:1.2")
engine.images.create(from_image="registry.example.com/team/app", tag="1.2", registry_auth=auth)

engine.images.build(context, registry_config=moorage.auth.find_all())
"""

from __future__ import annotations

from moorage.auth.lookup import find, find_all
from moorage.auth.registry_auth import RegistryAuth

__all__ = ["RegistryAuth", "find", "find_all"]
