"""A distribution has the clients of all pinned versions, or one line says why it is not built."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from generator.versions import CACHE, ROOT, load_pins, rendered

FEW = ("1.44", "1.55")  # as good as all, and quicker
WHOLE = set(load_pins())
REFUSAL = re.compile(
    r"^ *error: 2 of 2 specs are missing; v1\.44 cannot be fetched: .*"
    r": set MOORAGE_SPEC_MIRROR to a folder that holds v1\.44\.yaml$",
    re.MULTILINE,
)
WHEEL_LIMIT = 2_100_000 + 100_000 * max(0, len(WHOLE) - 31)
"""Bytes: 31 versions, and what the largest of them takes for each one that is new."""


def clone(folder: Path, versions: tuple[str, ...] = ()) -> Path:
    """Copy what git keeps of this project, with these versions pinned; all without any."""
    lines = (ROOT / ".gitignore").read_text().split()
    ignored = {line.rstrip("/") for line in [*lines, "/.git"]}

    def left_out(inside: str, names: list[str]) -> set[str]:
        here = Path(inside).relative_to(ROOT)
        return {name for name in names if {name, f"/{here / name}"} & ignored}

    shutil.copytree(ROOT, folder, ignore=left_out, symlinks=True)
    if versions:
        pins = {version: pin for version, pin in load_pins().items() if version in versions}
        (folder / "spec" / "versions.toml").write_text(rendered(pins))
    return folder


def environment(tmp_path: Path, mirror: Path) -> dict[str, str]:
    """Return an environment in which specs come from this folder, or from nowhere."""
    programs = tmp_path / "no-apt"
    programs.mkdir(exist_ok=True)
    apt = programs / "apt-get"
    apt.write_text("#!/bin/sh\necho 'E: switched off' >&2\nexit 100\n")
    apt.chmod(0o755)
    return os.environ | {
        "MOORAGE_SPEC_MIRROR": str(mirror),
        "MOORAGE_SPEC_UPSTREAM": "http://127.0.0.1:9",
        "PATH": f"{programs}:{os.environ.get('PATH', os.defpath)}",
    }


def run(where: Path, env: dict[str, str], *command: str) -> tuple[int, str]:
    """Run a command; return its status and what it printed."""
    done = subprocess.run(
        command,
        cwd=where,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=400,
    )
    return done.returncode, done.stdout


def assert_refused(status: int, output: str) -> None:
    assert status != 0
    assert len(REFUSAL.findall(output)) == 1, output
    assert "Traceback" not in output


def versions_of(names: list[str]) -> set[str]:
    """Name the versions whose packages are among these paths."""
    found = (re.search(r"moorage_api/v(\d+)_(\d+)/__init__\.py$", name) for name in names)
    return {f"{match[1]}.{match[2]}" for match in found if match}


def pip_install(source: str, target: Path) -> tuple[str, ...]:
    return (sys.executable, "-m", "pip", "install", "--no-deps", f"--target={target}", source)


def assert_installed(target: Path) -> None:
    """Check that a program gets all versions of the clone from this folder."""
    ask = "import moorage, moorage_api.v1_44; print(*moorage.VERSIONS, moorage.__file__)"
    env = os.environ | {"PYTHONPATH": str(target)}
    status, output = run(target, env, sys.executable, "-c", ask)
    assert (status, output.split()) == (0, [*FEW, str(target / "moorage" / "__init__.py")])


def test_make_dist(tmp_path: Path) -> None:
    project = clone(tmp_path / "project", FEW)
    empty = tmp_path / "empty"
    empty.mkdir()
    assert_refused(*run(project, environment(tmp_path, empty), "make", "dist"))
    assert not list(project.glob("dist/*"))
    assert not (project / "generated").exists()
    assert not (project / ".venv").exists()  # what tests need is not installed

    status, output = run(project, environment(tmp_path, CACHE), "make", "dist")
    assert status == 0, output
    (wheel,) = project.glob("dist/*.whl")
    (sdist,) = project.glob("dist/*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert versions_of(names) == set(FEW)
    with tarfile.open(sdist) as archive:
        names = [name.partition("/")[2] for name in archive.getnames()]
    assert versions_of(names) == set(FEW)
    assert {"LICENSE", "NOTICE", "hatch_build.py", "spec/versions.toml"} <= set(names)
    assert not [name for name in names if name.startswith(("spec/cache", "build", ".venv"))]


def test_pip_install(tmp_path: Path) -> None:
    project = clone(tmp_path / "project", FEW)
    empty = tmp_path / "empty"
    empty.mkdir()
    target = tmp_path / "installed"
    assert_refused(*run(project, environment(tmp_path, empty), *pip_install(".", target)))
    assert not target.exists()
    assert not (project / "generated").exists()

    # One that is there is not enough.
    shutil.copy(CACHE / "v1.55.yaml", empty)
    status, output = run(project, environment(tmp_path, empty), *pip_install(".", target))
    assert status != 0
    assert "error: 1 of 2 specs are missing; v1.44 cannot be fetched" in output
    assert not target.exists()
    assert not (project / "generated").exists()

    status, output = run(project, environment(tmp_path, CACHE), *pip_install(".", target))
    assert status == 0, output
    assert_installed(target)


if shutil.which("git"):  # else there is nothing to test

    def test_pip_install_of_a_repository(tmp_path: Path) -> None:
        project = clone(tmp_path / "project", FEW)
        env = environment(tmp_path, CACHE)
        identity = ("-c", "user.name=nobody", "-c", "user.email=nobody@example.org")
        for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-q", "-m", "all"]):
            assert run(project, env, "git", *command) == (0, "")
        target = tmp_path / "installed"
        status, output = run(tmp_path, env, *pip_install(f"git+file://{project}", target))
        assert status == 0, output
        assert_installed(target)


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as an sdist of this project unpacks to."""
    folder = clone(tmp_path_factory.mktemp("sdist") / "moorage")
    shutil.copytree(ROOT / "generated" / "moorage_api", folder / "generated" / "moorage_api")
    (folder / "PKG-INFO").write_text("Metadata-Version: 2.4\nName: moorage\nVersion: 0.1.0\n")
    return folder


def wheel_of(project: Path, output: Path, umask: int = 0o22) -> tuple[int, str]:
    """Build a wheel with hatchling alone: nothing is fetched, and nothing generated."""
    output.mkdir()
    build = f"import os; os.umask({umask}); from hatchling.build import build_wheel; "
    call = f"build_wheel({str(output)!r})"
    env = environment(output.parent, output)
    return run(project, env, sys.executable, "-c", build + call)


def test_a_wheel_from_an_sdist(unpacked: Path, tmp_path: Path) -> None:
    status, output = wheel_of(unpacked, tmp_path / "one")
    assert status == 0, output
    (wheel,) = (tmp_path / "one").glob("*.whl")
    assert wheel.stat().st_size <= WHEEL_LIMIT
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (notice,) = (name for name in names if name.endswith(".dist-info/licenses/NOTICE"))
        said = archive.read(notice).decode()
    assert versions_of(names) == WHOLE
    assert [name for name in names if name.endswith(".dist-info/licenses/LICENSE")]
    assert "https://github.com/moby/moby" in said
    assert "Apache License, version 2.0" in said
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {
        "moorage",
        "moorage_api",
        "moorage_pytest",
    }

    # Neither the folder nor the times nor the umask shows in it.
    other = tmp_path / "elsewhere"
    shutil.copytree(unpacked, other, copy_function=shutil.copyfile)
    assert wheel_of(other, tmp_path / "two", umask=0o77)[0] == 0
    (again,) = (tmp_path / "two").glob("*.whl")
    assert again.read_bytes() == wheel.read_bytes()

    shutil.rmtree(other / "generated" / "moorage_api" / "v1_44")
    status, output = wheel_of(other, tmp_path / "three")
    assert status == 1
    assert output.startswith("error: the client of API 1.44 is missing in this sdist")
    assert len(output.splitlines()) == 1
    assert not list((tmp_path / "three").iterdir())


def test_the_generator_without_what_it_needs(tmp_path: Path) -> None:
    """As by `pip install --no-build-isolation` in an environment that has hatchling alone."""
    project = clone(tmp_path / "project", FEW)
    output = tmp_path / "wheels"
    output.mkdir()
    call = (
        "import sys; sys.modules['rich'] = None; from hatchling.build import build_wheel; "
        f"build_wheel({str(output)!r})"
    )
    status, said = run(project, environment(tmp_path, CACHE), sys.executable, "-c", call)
    assert status == 1
    assert said.startswith("error: the generator needs rich")
    assert "`pip install --group generator`" in said
    assert not list(output.iterdir())


def test_an_editable_installation_generates_nothing(tmp_path: Path) -> None:
    project = clone(tmp_path / "project", FEW)
    output = tmp_path / "wheels"
    output.mkdir()
    call = f"from hatchling.build import build_editable; build_editable({str(output)!r})"
    status, said = run(project, environment(tmp_path, output), sys.executable, "-c", call)
    assert (status, said) == (0, "")
    assert len(list(output.glob("*.whl"))) == 1
    assert not (project / "generated").exists()
