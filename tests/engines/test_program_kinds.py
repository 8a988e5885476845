"""Programs of all kinds, each of which has a session: a command with input, and logs."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sys
import zipapp
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import moorage
import moorage_api
from tests.engines.conftest import EngineHost, Engines
from tests.engines.containers import container

SAYS = ("/bin/sh", "-c", "echo said; exec sleep 600")
DONE = "word said"

SYNC = """
import sys
{patch}
import moorage

def session(host, name):
    with moorage.connect(host=host, timeout=60) as engine:
        done = engine.execute(name, ["/bin/cat"], input=b"word ", timeout=60)
        with engine.containers.logs(name, stdout=True) as frames:
            return (done.stdout + frames.read().stdout).decode().strip()

def sleep(host, name):
    with moorage.connect(host=host) as engine:
        engine.execute(name, ["/bin/sleep", "1"])

if __name__ == "__main__":
    arguments = sys.argv[1:3]
"""
# While a command sleeps, others of the program's threads go on.
GREEN = """
    ticks = 0
    slow = spawn(sleep, *arguments)
    jobs = [spawn(session, *arguments) for _ in range(3)]
    while not ended(slow):
        pause(0.02)
        ticks += 1
    assert ticks > 10, ticks
    assert len({result(each) for each in jobs}) == 1
    print(result(jobs[0]))
"""
POOL = """
    import multiprocessing
    with moorage.connect(host=arguments[0]) as engine:
        engine.containers.list()
        with multiprocessing.get_context(METHOD).Pool(2) as pool:
            results = pool.starmap(session, [arguments] * 4)
        engine.containers.list()
    assert len(set(results)) == 1, results
    print(results[0])
"""
ASYNC = """
import sys
import moorage

async def main():
    host, name = sys.argv[1:3]
    async with moorage.connect_async(host=host, timeout=60) as engine:
        done = await engine.execute(name, ["/bin/cat"], input=b"word ", timeout=60)
        async with engine.containers.logs(name, stdout=True) as frames:
            print((done.stdout + (await frames.read()).stdout).decode().strip())
"""
PROGRAMS = {
    "plain": SYNC.format(patch="") + "    print(session(*arguments))\n",
    "gevent": SYNC.format(patch="from gevent import monkey; monkey.patch_all()")
    + """
    from gevent import sleep as pause, spawn
    ended, result = (lambda each: each.ready()), (lambda each: each.get())
"""
    + GREEN,
    "eventlet": SYNC.format(
        patch="import select, eventlet; eventlet.monkey_patch(); assert not hasattr(select, 'poll')"
    )
    + """
    from eventlet import sleep as pause, spawn
    ended, result = (lambda each: each.dead), (lambda each: each.wait())
"""
    + GREEN,
    "spawn": SYNC.format(patch="") + POOL.replace("METHOD", "'spawn'"),
    "fork": SYNC.format(patch="") + POOL.replace("METHOD", "'fork'"),
    "forkserver": SYNC.format(patch="") + POOL.replace("METHOD", "'forkserver'"),
    "asyncio": ASYNC + "\nimport asyncio\nasyncio.run(main())\n",
    "trio": ASYNC + "\nimport trio\ntrio.run(main)\n",
    "uvloop": ASYNC + "\nimport uvloop\nuvloop.run(main())\n",
}


@pytest.fixture(scope="module")
def engine(engines: Engines, private_machine: None) -> EngineHost:
    return engines.get("28.5")


@pytest.fixture(scope="module")
def arguments(engine: EngineHost, busybox_tar: bytes) -> Iterator[list[str]]:
    """The engine, and a container in it."""
    with engine.http() as client:
        query = {"fromSrc": "-", "repo": "programs", "tag": "x"}
        assert client.post("/images/create", params=query, content=busybox_tar).is_success
    with container(engine, "programs:x", *SAYS) as name:
        yield [engine.host, name]


def ran(*command: str, cwd: Path) -> str:
    environment = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("DOCKER_", "PYTHON")) or key == "PYTHONHASHSEED"
    }
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout.strip()


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program(name: str, arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAMS[name])
    # eventlet warns of itself.
    strict = [] if name == "eventlet" else ["-W", "error"]
    quiet = ["-W", "ignore"] if name == "eventlet" else []
    told = ran(sys.executable, *strict, *quiet, "program.py", *arguments, cwd=tmp_path)
    assert told == DONE


def test_a_zipapp(arguments: list[str], tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    for module in (moorage, moorage_api):
        folder = Path(str(module.__file__)).parent
        skipped = shutil.ignore_patterns("__pycache__")
        if module is moorage_api:
            # Packages of other versions; what they share is in `since`.
            skipped = shutil.ignore_patterns("__pycache__", "v1_2?", "v1_3?", "v1_4?")
        shutil.copytree(folder, inside / folder.name, ignore=_of_top(folder, skipped))
    for name in ("anyio", "attrs", "idna", "typing_extensions"):
        for file in importlib.metadata.files(name) or ():
            if file.suffix in (".py", ".typed") or "METADATA" in file.name:
                target = inside / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(str(file.locate()), target)
    (inside / "__main__.py").write_text(
        PROGRAMS["plain"]
        + f"""
    from moorage import diff
    assert moorage.VERSIONS == {moorage.VERSIONS} and "program.pyz" in moorage.__file__
    assert diff.between("1.41", "1.44")
    import asyncio
    async def main():
        async with moorage.connect_async(host=arguments[0]) as engine:
            await engine.containers.list()
    asyncio.run(main())
    from pathlib import Path
    from moorage.vendor import Options, VendorError, build
    try:
        build(Options("1.55"))
    except VendorError as error:
        assert "zip" in str(error), error
    else:
        raise AssertionError
"""
    )
    zipapp.create_archive(inside, tmp_path / "program.pyz")
    shutil.rmtree(inside)
    # Isolated: nothing but the archive and the standard library.
    told = ran(sys.executable, "-I", "-S", "program.pyz", *arguments, cwd=tmp_path)
    assert told == DONE


Ignored = Callable[[str, list[str]], set[str]]


def _of_top(top: Path, skipped: Ignored) -> Ignored:
    """Skip folders of the top alone: those in `since` have the same names."""

    def ignored(folder: str, names: list[str]) -> set[str]:
        found = skipped(folder, names)
        return found if Path(folder) == top else found & {"__pycache__"}

    return ignored


def test_a_frozen_program(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(
        PROGRAMS["plain"]
        + """
    assert moorage.__version__ and sys.frozen
    assert moorage.RegistryAuth("me", "x").username == "me" and moorage.parse.size("1m")
    with moorage.connect(version="1.25", host="unix:///none") as engine:
        assert engine.api_version == "1.25"
"""
    )
    # Left out: what is installed for other tests, and found by way of anyio and httpx.
    without = ("hypothesis", "pytest", "trio", "uvloop", "gevent", "eventlet", "setuptools", "rich")
    frozen = subprocess.run(
        [
            *(sys.executable, "-m", "PyInstaller", "--log-level", "ERROR", "--noconfirm"),
            *(f"--exclude-module={name}" for name in without),
            *("--specpath", "made", "--workpath", "made", "program.py"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert frozen.returncode == 0, frozen.stderr
    assert ran("dist/program/program", *arguments, cwd=tmp_path) == DONE
