"""The pytest plugin of moorage: runs tests on many engines, at many API versions.

It stands beside the package moorage, not in it, because pytest imports every plugin that is
installed: where no test asks for an engine, nothing of moorage itself is imported.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from moorage_pytest.sandbox import AsyncEngineSandbox, EngineSandbox
    from moorage_pytest.target import EngineTarget

__all__ = ["AsyncEngineSandbox", "EngineSandbox", "EngineTarget"]

_HOMES = {"AsyncEngineSandbox": "sandbox", "EngineSandbox": "sandbox", "EngineTarget": "target"}


if not TYPE_CHECKING:  # to a type checker, there is no more than it sees

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"moorage_pytest.{_HOMES[name]}"), name)
