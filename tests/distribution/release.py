"""The checks of a release: `python -m tests.distribution.release`, by `make release-check`.

It is built twice, to the same bytes, and installed into an environment that has nothing else.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from importlib.metadata import distributions
from pathlib import Path

from generator.versions import ROOT
from moorage.versions.own import VERSION
from tests.distribution.bill import bill

FOLDER = ROOT / "build" / "release"
TOOLS = ROOT / "build" / "tools" / "bin" / "python"
COMPLETE = 99.0
"""Percent of the public symbols whose types pyright has to know."""
TYPED = ("moorage", "moorage_api.newest", "moorage_pytest")


def main(version: str) -> None:
    """Check it all, and leave wheel, sdist and bill of materials in build/release."""
    if version != VERSION:
        sys.exit(f"error: the tag says {version}, and the project {VERSION}")
    shutil.rmtree(FOLDER, ignore_errors=True)
    first, second = (_built(FOLDER / name) for name in ("once", "again"))
    if first != second:
        sys.exit(f"error: built twice, and not the same: {first} {second}")
    print("the same bytes twice:", *(f"\n  {digest}  {name}" for name, digest in first.items()))
    for file in (FOLDER / "once").iterdir():
        shutil.move(file, FOLDER / file.name)
        _has_licences(FOLDER / file.name)
    print("licences: LICENSE and NOTICE in both")
    (wheel,) = FOLDER.glob("*.whl")
    python = _installed(wheel)
    for package in TYPED:
        _is_typed(package, python)
    site = next((FOLDER / "clean").glob("lib/python*/site-packages"))
    made = bill("moorage", distributions(path=[str(site)]), first)
    target = FOLDER / f"moorage-{VERSION}.cdx.json"
    target.write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
    print(f"bill of materials: {target.relative_to(ROOT)}")


def _built(folder: Path) -> dict[str, str]:
    """Build sdist and wheel, and return their hashes."""
    env = os.environ | {"SOURCE_DATE_EPOCH": _epoch()}
    _run(str(TOOLS), "-m", "build", "--outdir", str(folder), env=env)
    return {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.iterdir())
    }


def _epoch() -> str:
    """Return the time of the last commit."""
    return _run("git", "log", "-1", "--format=%ct").strip() or "0"


def _has_licences(file: Path) -> None:
    if file.suffix == ".whl":
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    else:
        with tarfile.open(file) as archive:
            names = archive.getnames()
    for wanted in ("LICENSE", "NOTICE"):
        if not any(name.endswith(f"/{wanted}") for name in names):
            sys.exit(f"error: {file.name} has no {wanted}")


def _installed(wheel: Path) -> Path:
    """Install the wheel into an environment of its own, and try it; return its Python."""
    clean = FOLDER / "clean"
    python = clean / "bin" / "python"
    _run(sys.executable, "-m", "venv", "--without-pip", str(clean))
    _run(sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", str(wheel))
    _run(sys.executable, "-m", "pip", "--python", str(python), "check")
    said = _run(str(clean / "bin" / "moorage"), "--version")
    _run(str(python), "-c", "import moorage, moorage_api.v1_44, moorage_api.newest")
    print(f"installed into a clean environment: {said.strip()}")
    return python


def _is_typed(package: str, python: Path) -> None:
    command = [sys.executable, "-m", "pyright", "--outputjson", "--ignoreexternal"]
    # For --verifytypes, pyright asks the `python` that it finds, whatever --pythonpath says.
    env = os.environ | {"PATH": os.pathsep.join([str(python.parent), os.environ["PATH"]])}
    done = subprocess.run(
        [*command, "--verifytypes", package],
        cwd=FOLDER,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    report = json.loads(done.stdout)["typeCompleteness"]
    score = report["completenessScore"] * 100
    print(f"types of {package}: {score:.1f} %")
    if score < COMPLETE:
        for symbol in report["symbols"]:
            if symbol["isExported"] and not symbol["isTypeKnown"]:
                print(f"  {symbol['name']}")
        sys.exit(f"error: less than {COMPLETE} % of {package} is typed")


def _run(*command: str, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"error: {' '.join(command)} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


if __name__ == "__main__":
    main(*sys.argv[1:2] or [VERSION])
