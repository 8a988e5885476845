"""The pytest plugin of moorage: runs tests on many engines, at many API versions.

A project enables it by one line, `-p moorage_pytest` or `pytest_plugins = ["moorage_pytest"]`. It
does not load by itself: its options and its fixture `engine` would reach every project that depends
on moorage indirectly.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from moorage_pytest.sandbox import AsyncEngineSandbox, EngineSandbox
    from moorage_pytest.target import EngineTarget

__all__ = ["AsyncEngineSandbox", "EngineSandbox", "EngineTarget"]

pytest_plugins: list[str] = ["moorage_pytest.plugin"]
"""The modules that pytest loads with this one."""

_HOMES = {"AsyncEngineSandbox": "sandbox", "EngineSandbox": "sandbox", "EngineTarget": "target"}


if not TYPE_CHECKING:  # a type checker sees only the names above

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"moorage_pytest.{_HOMES[name]}"), name)
