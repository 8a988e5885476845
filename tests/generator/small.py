"""Small Swagger documents, and programs that run what was generated from them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from generator.build import apis_of
from generator.ir import Api
from generator.versions import ROOT

JSON = ["application/json"]


def operation(
    id_: str = "ThingList",
    *,
    tag: str = "Thing",
    parameters: list[dict[str, Any]] | None = None,
    result: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Describe an operation; without a result its answer is empty."""
    response = {"description": "ok"} | ({"schema": result} if result is not None else {})
    return {
        "operationId": id_,
        "tags": [tag],
        "produces": JSON,
        "parameters": parameters or [],
        "responses": {"200": response},
    } | more


def document(
    paths: dict[str, Any] | None = None,
    definitions: dict[str, Any] | None = None,
    version: str = "1.25",
) -> dict[str, Any]:
    """Describe an API; without paths it has one operation."""
    return {
        "swagger": "2.0",
        "basePath": f"/v{version}",
        "info": {"title": "Small", "version": version},
        "tags": [{"name": "Thing"}],
        "paths": paths or {"/things": {"get": operation()}},
        "definitions": definitions or {},
    }


def schema(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def parsed(small: dict[str, Any]) -> Api:
    """Take a document through all phases before the rendering, without any correction."""
    version = small["info"]["version"]
    return apis_of({version: small}, [], {})[version]


def python(package: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python on a package that was built, in place of the project's own."""
    path = os.pathsep.join([str(package.parent), str(ROOT / "overrides")])
    return subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"} | environment,
        cwd=package.parent,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def run(package: Path, program: str) -> str:
    """Run a program, which must not fail, and return what it prints."""
    done = python(package, "-c", program)
    assert done.returncode == 0, done.stderr
    return done.stdout
