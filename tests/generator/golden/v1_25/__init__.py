"""The Docker Engine API 1.25: the engine's classes and all models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from moorage_api.since.v1_25.models.attach_config import AttachConfig
    from moorage_api.since.v1_25.models.parcel import Parcel
    from moorage_api.since.v1_25.models.part import Part
    from moorage_api.v1_25.engine import AsyncEngine, Engine

__all__ = [
    "AsyncEngine",
    "Engine",
    "AttachConfig",
    "Parcel",
    "Part",
]

if not TYPE_CHECKING:  # a type checker sees only the names above

    def __getattr__(name: str) -> Any:
        # Modules are imported on first use of a name.
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        if name in ("AsyncEngine", "Engine"):
            from moorage_api.v1_25 import engine

            value = getattr(engine, name)
        else:
            from moorage_api.homes import find

            value = find("1.25", name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
