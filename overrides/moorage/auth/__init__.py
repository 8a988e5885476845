"""Credentials for registries: given explicitly, or looked up where `docker login` has left them.

auth = moorage.auth.find("registry.example.com/team/app:1.2")
engine.images.create(from_image="registry.example.com/team/app", tag="1.2", registry_auth=auth)

engine.images.build(context, registry_config=moorage.auth.find_all())
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from moorage.auth.registry_auth import RegistryAuth

if TYPE_CHECKING:
    from moorage.auth.auto import AUTO
    from moorage.auth.lookup import find, find_all

__all__ = ["AUTO", "RegistryAuth", "find", "find_all"]


if not TYPE_CHECKING:  # a type checker sees only the names above

    def __getattr__(name: str) -> Any:
        # Imported here to keep `import moorage.auth` fast.
        if name in __all__:
            home = ".auto" if name == "AUTO" else ".lookup"
            return getattr(import_module(home, __name__), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
