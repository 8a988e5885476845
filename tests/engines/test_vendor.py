"""Copies of three versions in somebody else's package, as its users and its checkers have it."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

from moorage.cli import main
from moorage.vendor import Options, build, offered
from moorage.versions.bundled import bundled_versions
from tests.engines.conftest import Engines
from tests.engines.containers import container

NEWEST = bundled_versions()[-1]
COPIES = {"_oldest": "1.25", "_engine": "1.44", "deep/er/_newest": NEWEST}
SERVICES = "deploy,edit_service,put_secret,scale,wait_converged"
FLOORS = {"anyio": "4.7", "attrs": "23.2", "httpx": "0.27"}
PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "acme"
version = "1.0"
requires-python = ">=3.11"
dependencies = ["anyio>=4.7", "attrs>=23.2", "httpx>=0.27"]

[tool.hatch.build.targets.wheel]
packages = ["src/acme"]
"""
# The tests of acme itself, where there is no moorage.
USE = """
import asyncio, importlib.util, sys

from acme import _engine, _oldest
from acme.deep.er import _newest

host, name = sys.argv[1:]
assert importlib.util.find_spec("moorage") is None
assert importlib.util.find_spec("moorage_api") is None

async def awaited(copy):
    async with copy.connect_async(host=host) as engine:
        assert [each.id async for each in engine.system.events(since="0", until="1")] == []
        done = await engine.execute(name, ["/bin/cat"], input=b"word")
        assert done == (0, b"word", b"", b"word"), done

for copy, version in ((_oldest, "1.25"), (_engine, "1.44")):
    with copy.connect(host=host, timeout=60) as engine:
        assert engine.api_version == version
        assert name in [each.id for each in engine.containers.list()]
        inspected = engine.containers.inspect(name)
        assert type(inspected).__module__.startswith(copy.__name__), type(inspected)
        assert engine.execute(name, ["/bin/echo", "hello"]).stdout == b"hello\\n"
        assert engine.containers.logs(name, stdout=True).read().stdout == b"word\\n"
        try:
            engine.containers.inspect("missing")
        except copy.NotFound as error:
            assert not isinstance(error, _newest.NotFound)
        else:
            raise AssertionError
    asyncio.run(awaited(copy))
    with copy.connect(host=host) as engine:
        assert engine.run("vendor:x", ["/bin/echo", "hello"]).stdout == b"hello\\n"
        assert not hasattr(engine, "pull")
assert _oldest.Engine is not _engine.Engine
assert not hasattr(_newest.Engine, "run") and not hasattr(_newest, "Executed")
with _newest.connect(host=host) as engine:
    try:
        engine.system.version()
    except _newest.UnsupportedVersion as error:
        print(error)
    else:
        raise AssertionError
"""
TYPED = """
from acme._engine import Engine, HostConfig, connect, connect_async


def made(engine: Engine) -> str:
    config = HostConfig(network_mode="none")
    return engine.containers.create(image="x", host_config=config).id


with connect(host="unix:///x") as opened:
    reveal_type(opened)
    opened.nothing


async def awaited() -> None:
    async with connect_async() as engine:
        reveal_type((await engine.containers.list())[0].state)
"""


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that has the copies."""
    root = tmp_path_factory.mktemp("acme")
    (root / "pyproject.toml").write_text(PROJECT)
    for place, version in COPIES.items():
        target = root / "src/acme" / place
        target.parent.mkdir(parents=True, exist_ok=True)
        verbs = [] if version == NEWEST else ["--verbs", f"execute,run,running,{SERVICES}"]
        assert main(["vendor", *verbs, version, str(target)]) == 0
    (root / "src/acme/py.typed").touch()
    for folder in (root / "src/acme", root / "src/acme/deep", root / "src/acme/deep/er"):
        (folder / "__init__.py").touch()
    return root


@pytest.fixture(scope="module")
def python(acme: Path) -> Path:
    """The interpreter of an environment that has acme's wheel, and no moorage."""
    environment = acme / "environment"
    python = environment / "bin/python"
    run(sys.executable, "-m", "venv", "--without-pip", str(environment))
    wheels = acme / "dist"
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(wheels), str(acme))
    (wheel,) = wheels.glob("*.whl")
    # The oldest that a copy is promised to work with.
    floors = [f"{name}=={version}" for name, version in FLOORS.items()]
    run(sys.executable, "-m", "pip", "--python", str(python), "install", "-q", str(wheel), *floors)
    return python


def run(*command: str, cwd: Path | None = None) -> str:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=cwd, env=environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_is_used_without_moorage(
    engines: Engines, busybox_tar: bytes, python: Path, acme: Path, private_machine: None
) -> None:
    engine = engines.get("28.5")
    with engine.http() as client:
        query = {"fromSrc": "-", "repo": "vendor", "tag": "x"}
        assert client.post("/images/create", params=query, content=busybox_tar).is_success
    (acme / "use.py").write_text(USE)
    says = ("/bin/sh", "-c", "echo word; exec sleep 600")
    with container(engine, "vendor:x", *says) as name:
        told = run(str(python), "-W", "error", "use.py", engine.host, name, cwd=acme)
    assert NEWEST in told


BESIDE = """
import sys

import acme._engine as first
import acme._oldest as second

assert not [each for each in sys.modules if each.partition(".")[0] in ("moorage", "moorage_api")]

import moorage
from moorage_api import v1_44

names = ("Engine", "NotFound", "HostConfig", "Frame", "connect")
for name in names:
    theirs = getattr(moorage, name, None) or getattr(v1_44, name)
    assert len({id(getattr(first, name)), id(getattr(second, name)), id(theirs)}) == 3, name
assert first.Engine.__module__ == "acme._engine.engine"
with first.connect(host="unix:///nowhere") as engine:
    try:
        engine.system.ping()
    except moorage.EngineError:
        raise AssertionError from None
    except first.ConnectionFailed as error:
        assert not isinstance(error, second.EngineError)
"""


def test_copies_and_moorage_do_not_touch_each_other(acme: Path) -> None:
    run(sys.executable, "-W", "error", "-c", BESIDE, cwd=acme / "src")


ERRORS = """
import copy, pickle, sys

from acme import _engine, _oldest
from acme.deep.er import _newest

for vendored in (_engine, _oldest, _newest):
    made = (
        vendored.NotFound(404, "gone", "ContainerInspect"),
        vendored.OperationFailed("failed", "ImageBuild", 7),
        vendored.StreamInterrupted("cut", 5),
        vendored.TimedOut("late", 3),
        vendored.ExecuteTimedOut("late", b"out", b"err", killed=True),
    )
    for error in made:
        for other in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
            assert type(other) is type(error), other
            assert type(error).__module__.startswith(vendored.__name__), type(error)
            assert (str(other), vars(other)) == (str(error), vars(error)), other
assert "moorage" not in sys.modules
"""


def test_errors_travel(acme: Path) -> None:
    run(sys.executable, "-W", "error", "-c", ERRORS, cwd=acme / "src")


def test_checkers_have_nothing_to_say(python: Path, acme: Path) -> None:
    mypy = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--config-file=",
        f"--python-executable={python}",
    ]
    run(*mypy, "src/acme", cwd=acme)
    run(sys.executable, "-m", "ruff", "check", "src/acme", cwd=acme)
    before = {each: each.read_bytes() for each in (acme / "src").rglob("*.py")}
    run(sys.executable, "-m", "ruff", "format", "src/acme", cwd=acme)
    assert before == {each: each.read_bytes() for each in before}
    (acme / "pyrightconfig.json").write_text(
        json.dumps(
            {
                "include": ["src/acme"],
                "venvPath": ".",
                "venv": "environment",
                "typeCheckingMode": "strict",
            }
        )
    )
    run(sys.executable, "-m", "pyright", cwd=acme)


def test_types_are_of_that_version(python: Path, acme: Path) -> None:
    (acme / "typed.py").write_text(TYPED)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=",
         f"--python-executable={python}", "typed.py"],
        capture_output=True, text=True, check=False, cwd=acme,
    )  # fmt: skip
    lines = [line.partition(": ")[2] for line in done.stdout.splitlines()]
    assert 'note: Revealed type is "acme._engine.engine.Engine"' in lines
    assert any('"Engine" has no attribute "nothing"' in line for line in lines)
    assert 'note: Revealed type is "str"' in lines
    assert len([line for line in lines if line.startswith("error")]) == 1


def size(folder: Path) -> int:
    files = (each for each in folder.rglob("*") if each.is_file() and each.suffix != ".pyc")
    return sum(each.stat().st_size for each in files)


def test_it_is_small(acme: Path, tmp_path: Path) -> None:
    for place in COPIES:
        assert size(acme / "src/acme" / place) <= 1_370_000
    assert main(["vendor", "1.44", "--only", "containers", str(tmp_path / "small")]) == 0
    assert size(tmp_path / "small") <= 428_000
    assert main(["vendor", "--only", "volumes", "1.44", str(tmp_path / "least")]) == 0
    assert size(tmp_path / "least") <= 254_000
    assert not (tmp_path / "least/streams").exists()
    assert sorted(each.name for each in (tmp_path / "small/namespaces").iterdir()) == [
        "__init__.py",
        "containers.py",
    ]
    assert main(["vendor", "--types-only", "1.44", str(tmp_path / "types")]) == 0
    assert not (tmp_path / "types/transport").exists()
    run(sys.executable, "-c", "import types_, sys; assert types_.HostConfig; assert 'httpx' not in "
        "sys.modules", cwd=renamed(tmp_path / "types", "types_"))  # fmt: skip


def renamed(folder: Path, name: str) -> Path:
    folder.rename(folder.with_name(name))
    return folder.parent


def test_nothing_refers_to_moorage(acme: Path) -> None:
    for place in COPIES:
        for file in (acme / "src/acme" / place).rglob("*.py"):
            text = file.read_text()
            assert "import moorage" not in text, file
            assert "from moorage" not in text, file
            assert '"moorage.' not in text, file
            assert '"moorage_api' not in text, file


def test_the_floors_are_documented() -> None:
    needed = [each for each in metadata.requires("moorage") or () if "extra" not in each]
    assert needed == [f"{name}>={version}" for name, version in FLOORS.items()]
    said = (Path(__file__).parents[2] / "docs/vendoring.md").read_text()
    python = metadata.metadata("moorage")["Requires-Python"].removeprefix(">=")
    for name, version in {"Python": python, **FLOORS}.items():
        assert f"{name} {version}" in said


def test_docstrings_name_the_copy(acme: Path) -> None:
    for file in (acme / "src/acme/_engine").rglob("*.py"):
        if file.parent.name == "_engine" and file.name == "__init__.py":
            continue  # it says what made it
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                prose = str(node.value.value).replace("moorage-lease", "")
                assert "moorage" not in prose, (file, prose)


def test_some_namespaces_offer_all_that_they_give(tmp_path: Path) -> None:
    assert main(["vendor", "--only", "containers", "1.44", str(tmp_path / "some")]) == 0
    names = offered((tmp_path / "some/__init__.py").read_text())
    assert {"Frame", "Line", "Frames", "AsyncSession", "Download", "PathStat"} <= names
    assert main(["vendor", "--only", "volumes", "1.44", str(tmp_path / "none")]) == 0
    assert not {"Frame", "Frames", "Download"} & offered(
        (tmp_path / "none/__init__.py").read_text()
    )


BACKENDS = {
    "setuptools": "setuptools.build_meta",
    "hatchling": "hatchling.build",
    "flit": "flit_core.buildapi",
}
BUILD = """
import importlib, sys
importlib.import_module(sys.argv[1]).build_wheel("dist")
"""


@pytest.mark.parametrize("backend", BACKENDS)
def test_wheels_have_the_licence(
    backend: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = BACKENDS[backend]
    project = tmp_path / "pyproject.toml"
    project.write_text(
        f'[build-system]\nrequires = []\nbuild-backend = "{name}"\n'
        '[project]\nname = "acme"\nversion = "1"\ndescription = "x"\n'
    )
    for folder in ("acme", "dist"):
        (tmp_path / folder).mkdir()
    (tmp_path / "acme/__init__.py").touch()
    assert main(["vendor", "--only", "system", "1.44", str(tmp_path / "acme/_engine")]) == 0
    if backend == "setuptools":
        # It has to be told, and the command says what.
        told = capsys.readouterr().out
        project.write_text(project.read_text() + told[told.index("[tool") :])
        assert main(["vendor", "--only", "system", "1.44", str(tmp_path / "acme/_other")]) == 0
    assert "setuptools" not in capsys.readouterr().out
    run(sys.executable, "-c", BUILD, name, cwd=tmp_path)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = {*archive.namelist()}
    assert {f"acme/_engine/{each}" for each in ("LICENSE", "NOTICE", "moorage.lock.toml")} <= names


# The lock


@pytest.fixture(scope="module")
def small_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("small") / "_engine"
    assert main(["vendor", "--only", "system,volumes", "1.44", str(target)]) == 0
    return target


@pytest.fixture
def copy(small_copy: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small_copy, tmp_path / "_engine"))


def test_check_and_update(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["vendor", "--check", str(copy)]) == 0
    before = (copy / "errors.py").read_bytes()
    (copy / "errors.py").write_text("# mine\n")
    (copy / "response.py").unlink()
    capsys.readouterr()
    assert main(["vendor", "--check", str(copy), "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == [
        {"file": "errors.py", "problem": "edited"},
        {"file": "response.py", "problem": "missing"},
    ]
    assert main(["vendor", "--update", str(copy)]) == 2
    assert "was edited: errors.py; --force overwrites" in capsys.readouterr().err
    assert (copy / "errors.py").read_text() == "# mine\n"
    assert main(["vendor", "--update", "--force", str(copy)]) == 0
    assert (copy / "errors.py").read_bytes() == before
    assert main(["vendor", "--check", str(copy)]) == 0
    (copy / "mine.py").touch()
    assert main(["vendor", "--check", str(copy)]) == 1
    assert main(["vendor", "--update", "--force", str(copy)]) == 2
    assert "move away mine.py" in capsys.readouterr().err
    assert (copy / "mine.py").exists()


def test_another_version(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["vendor", "--to", "1.41", str(copy)]) == 0
    told = capsys.readouterr().out
    assert f"{copy} is of API 1.41 now, and was of 1.44" in told
    assert re.search(r"it no longer has .*\bClusterVolume\b", told)
    assert "API 1.44 to 1.41: " in told
    assert "volumes.update" in told
    assert "containers." not in told  # the copy has none of these operations
    assert 'api_version = "1.41"' in (copy / "engine.py").read_text()
    assert main(["vendor", "--check", str(copy)]) == 0
    (copy / "errors.py").write_text("# mine\n")
    assert main(["vendor", "--to", "1.44", str(copy)]) == 2
    assert (copy / "errors.py").read_text() == "# mine\n"
    assert main(["vendor", "--to", "1.44", "--force", str(copy)]) == 0
    assert re.search(r"it has now .*\bClusterVolume\b", capsys.readouterr().out)
    assert main(["vendor", "--to", "1.44", str(copy)]) == 2
    assert "of API 1.44 already" in capsys.readouterr().err
    assert main(["vendor", "--to", "9.99", str(copy)]) == 2
    assert "not an API version that this moorage has" in capsys.readouterr().err
    assert main(["vendor", "--check", str(copy)]) == 0


def test_caches_are_not_foreign(copy: Path) -> None:
    (copy / ".ruff_cache/0.1").mkdir(parents=True)
    (copy / ".ruff_cache/0.1/x").touch()
    (copy / "models/__pycache__").mkdir()
    (copy / "models/__pycache__/x.pyc").touch()
    (copy / "a_tools_own").mkdir()
    (copy / "a_tools_own/CACHEDIR.TAG").touch()
    assert main(["vendor", "--check", str(copy)]) == 0
    (copy / "a_tools_own/CACHEDIR.TAG").rename(copy / "a_tools_own/mine")
    assert main(["vendor", "--check", str(copy)]) == 1


def test_a_copy_of_an_older_moorage(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock = copy / "moorage.lock.toml"
    lock.write_text(lock.read_text().replace('moorage = "', 'moorage = "0.0.', 1))
    assert main(["vendor", "--check", str(copy)]) == 1
    assert "out of date  " in capsys.readouterr().out
    assert main(["vendor", "--update", str(copy)]) == 0
    assert main(["vendor", "--check", str(copy)]) == 0


@pytest.mark.parametrize("text", ["", "nonsense", 'moorage = 1\napi = "1.44"\n'])
def test_a_lock_that_is_none(copy: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    (copy / "moorage.lock.toml").write_text(text)
    assert main(["vendor", "--check", str(copy)]) == 2
    assert "moorage.lock.toml" in capsys.readouterr().err


# Refusals to write


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["9.99", "{}/x"], "'9.99' is not an API version that this moorage has"),
        (["1.44", "{}/not-a-name"], "can't be a package's name"),
        (["1.44", "{}/class"], "can't be a package's name"),
        (["1.44", "{}/none/x"], "make it first"),
        (["1.44", "{}/full"], "has foreign files"),
        (["--only", "nothing", "1.44", "{}/x"], "no namespace 'nothing'"),
        (
            ["--only", "containers,volumes", "--verbs", "run", "1.44", "{}/x"],
            "the verb 'run' calls images too: --only containers,images,volumes",
        ),
        (["--only", "images", "--verbs", "execute", "1.44", "{}/x"], "calls exec too"),
        (["--verbs", "jump", "1.44", "{}/x"], "no verb 'jump'"),
        (["--check", "{}/full"], "moorage.lock.toml"),
    ],
)
def test_what_is_refused(
    arguments: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full/mine").touch()
    assert main(["vendor", *(each.format(tmp_path) for each in arguments)]) == 2
    assert words in capsys.readouterr().err
    assert [each.name for each in tmp_path.rglob("*")] == ["full", "mine"]


def test_a_verb_brings_those_that_it_calls() -> None:
    files = build(Options("1.30", ("containers", "exec", "images"), False, ("running",)))
    assert {f"verbs/{name}.py" for name in ("execute", "port", "wait_healthy")} <= files.keys()
    assert "verbs/run.py" not in files


def test_an_interruption_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[Path] = []
    write = Path.write_bytes

    def interrupted(path: Path, data: bytes) -> int:
        written.append(path)
        if len(written) == 20:
            raise KeyboardInterrupt
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", interrupted)
    assert main(["vendor", "1.44", str(tmp_path / "x")]) == 130
    assert len(written) == 20
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("mount", "words"),
    [
        ("mount -t tmpfs -o size=200k tmpfs", "No space left on device"),
        ("mount -t tmpfs -o ro tmpfs", "Read-only file system"),
    ],
)
@pytest.mark.usefixtures("private_machine")
def test_a_disk_that_takes_no_more(tmp_path: Path, mount: str, words: str) -> None:
    script = f'{mount} "$1"; "$2" -m moorage vendor 1.44 "$1/x"; echo "status $?"; ls -A "$1"'
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, "sh", str(tmp_path), sys.executable],
        capture_output=True,
        text=True,
        check=True,
    )
    assert words in done.stderr
    assert done.stdout == "status 2\n"
