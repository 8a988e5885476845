"""Every block of code in README and docs runs: on a fake engine, unless it needs a real one."""

from __future__ import annotations

import argparse
import ast
import asyncio
import hashlib
import inspect
import json
import logging
import re
import shlex
import subprocess
import sys
import tarfile
import threading
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

import moorage
from generator.versions import ROOT
from moorage.cli import main
from moorage.cli.status import DONE
from moorage.testing import FakeEngine, Process
from tests.examples import DOCUMENTS, examples

ON_REAL_ENGINES = {
    "private_release(": "tests/engines/test_examples.py",
    "private_swarm(": "tests/engines/test_swarm_story.py",
    "moorage.EnvVar(": "tests/engines/test_examples.py",  # BuildKit, which no fake engine has
}
"""Blocks with these words, and the test that runs them, or the same calls."""
ENDLESS = (".events(filters",)
"""Blocks with these words go on for ever: they run until they have printed something."""

PAGES = [each for each in DOCUMENTS if examples(each)]
COMMAND = re.compile(r"^ {4}(?:python -m )?moorage (\S.*?)(?: +#.*)?$", re.MULTILINE)
COMMANDS = sorted(
    {
        command
        for folder in (ROOT, ROOT / "docs", ROOT / "examples")
        for document in folder.glob("**/*.md" if folder.name == "examples" else "*.md")
        for command in COMMAND.findall(document.read_text(encoding="utf-8"))
    }
)

NEEDS_SWARM = re.compile(r"engine\.(secrets|put_secret|nodes|services)\b")


class Enough(Exception):
    """An endless block has printed something."""


class Stage:
    """The world that the blocks expect: a default engine, images, and a container `web`."""

    def __init__(self, stack: ExitStack) -> None:
        self.fakes = [stack.enter_context(FakeEngine(tcp=True)) for _ in range(2)]
        self.fake = self.fakes[0]
        for fake in self.fakes:
            fake.image("busybox", execute=read_all)
            for name in ("web:1", "web:2", "team/app:1.2"):
                fake.image(f"registry.example.com/{name}", run=serve)
        files = {"/var/log/nginx/access.log": "", "/srv/index.html": ""}
        self.fake.image("web", run=serve, execute=read_all, files=files)
        self.engine = stack.enter_context(moorage.connect(host=self.fake.host))
        self.engine.volumes.create(name="data")
        self.given: dict[str, Any] = {"moorage": moorage, "Path": Path}

    def run(self, code: str) -> None:
        """Run a block, after what has to be so before it."""
        for address, fake in zip(ADDRESSES, self.fakes * len(ADDRESSES), strict=False):
            code = code.replace(address, fake.host)
        if 'name="web")' in code:
            self.engine.containers.delete("web", force=True)
        else:
            with suppress(moorage.Conflict):
                self.engine.containers.create(image="web", name="web", open_stdin=True)
            self.engine.containers.start("web")
        if "follow=True" in code:  # such a log ends with its container
            self.engine.containers.stop("web", t=0)
        if NEEDS_SWARM.search(code) and "swarm.init(" not in code:
            with suppress(moorage.Unavailable):  # it is one already
                self.engine.swarm.init(listen_addr="127.0.0.1", advertise_addr="127.0.0.1")
        if 'edit_service("web")' in code:
            self.engine.deploy("web", "web", wait=False)
        if "read_lock(" in code:
            Path("src/acme").mkdir(parents=True)
            assert main(["vendor", "--only", "volumes", "1.44", "src/acme/_engine"]) == DONE
        endless = any(words in code for words in ENDLESS)
        given = self.given | {"engine": self.engine, "print": enough if endless else print}
        with self._busy() if ".events(" in code else ExitStack():
            if "moorage.StreamInterrupted" in code:
                self.fake.cut("system.events", 600)
            compiled = compile(code, "block", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            if endless:
                with pytest.raises((Enough, BaseExceptionGroup)) as caught:
                    execute(compiled, given)
                assert caught.errisinstance(Enough) or caught.group_contains(Enough)
            else:
                execute(compiled, given)
        self.given = given

    @contextmanager
    def _busy(self) -> Iterator[None]:
        """Let the engines have events as long as a block runs."""
        over = threading.Event()

        def work() -> None:
            with ExitStack() as stack:
                engines = [stack.enter_context(moorage.connect(host=f.host)) for f in self.fakes]
                while not over.wait(0.05):
                    for engine in engines:
                        engine.run("busybox", ["true"])

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join(60)


ADDRESSES = (
    "unix:///var/run/docker.sock",
    "tcp://10.0.0.7:2375",
    "tcp://10.0.0.8:2375",
    "ssh://root@web1",
    "ssh://root@{address}",
)


def serve(process: Process) -> int:
    process.write("hello\n")
    process.sleep(600)
    return 0


def read_all(process: Process) -> int:
    process.write(process.read())
    return 0


def enough(*_: Any, **__: Any) -> None:
    raise Enough


def execute(compiled: Any, given: dict[str, Any]) -> None:
    result = eval(compiled, given)
    if inspect.iscoroutine(result):
        asyncio.run(result)


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.chdir(tmp_path)
    Path("names.txt").write_text("b\na\n")
    Path("site").mkdir()
    Path("site/index.html").write_text("hello")
    Path("Dockerfile").write_text("FROM busybox\n")
    for name in ("etc.tar", "site.tar", "context.tar"):
        with tarfile.open(name, "w") as archive:
            archive.add("site/index.html", "index.html")
            archive.add("Dockerfile")
    with ExitStack() as stack:
        # A block may set its level.
        stack.callback(logging.getLogger("moorage").setLevel, logging.NOTSET)
        made = Stage(stack)
        context = Path("config/contexts/meta", hashlib.sha256(b"staging").hexdigest())
        context.mkdir(parents=True)
        endpoints = {"docker": {"Host": made.fake.host}}
        (context / "meta.json").write_text(json.dumps({"Name": "staging", "Endpoints": endpoints}))
        monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "config"))
        monkeypatch.setenv("DOCKER_HOST", made.fake.host)
        yield made
        logging.getLogger("moorage").setLevel(logging.NOTSET)  # a block has set it


def is_test(code: str) -> bool:
    return "\ndef test_" in code


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_python(page: Path, stage: Stage) -> None:
    for place, code in examples(page).items():
        if not is_test(code) and not any(words in code for words in ON_REAL_ENGINES):
            try:
                stage.run(code)
            except Exception as error:
                error.add_note(f"in the block {place}")
                raise


def test_tests(tmp_path: Path) -> None:
    """Blocks that have tests are run as their readers run them."""
    codes = [code for page in PAGES for code in examples(page).values() if is_test(code)]
    assert len(codes) >= 2
    for place, code in enumerate(codes):
        (tmp_path / f"test_{place}.py").write_text(code)
    (tmp_path / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\nasyncio_mode = "auto"\nfilterwarnings = ["error"]\n'
        'asyncio_default_fixture_loop_scope = "function"\n'
    )
    options = ["-q", "-pmoorage_pytest", "-pno:cacheprovider", "--engine-fake=newest"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == pytest.ExitCode.OK, done.stdout + done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_commands(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command takes the arguments; what it does with them is tested elsewhere."""
    parse = argparse.ArgumentParser.parse_args

    def parsed(parser: argparse.ArgumentParser, arguments: list[str]) -> argparse.Namespace:
        made = parse(parser, arguments)
        made.run = lambda _: DONE
        return made

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", parsed)
    assert main(shlex.split(command)) == DONE


def test_other_blocks() -> None:
    """Settings can be parsed, and the programs that shells are to run are there."""
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        blocks = re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        for language, block in blocks:
            if language == "toml":
                assert tomllib.loads(block)
            elif language == "sh":
                programs = re.findall(r"^python (\S+)", block, re.MULTILINE)
                assert programs
                assert all((ROOT / program).is_file() for program in programs)
            else:
                assert language == "python", document


def test_what_runs_elsewhere_is_there() -> None:
    for words, where in ON_REAL_ENGINES.items():
        assert any(words in code for page in PAGES for code in examples(page).values())
        assert (ROOT / where.partition(":")[0]).is_file()
