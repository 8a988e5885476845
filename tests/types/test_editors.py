"""Editors show generated methods: the way to them, their prose, and their names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol
from urllib.parse import unquote, urlsplit

import jedi
import pytest

from generator.__main__ import OUTPUT
from tests.types.language_server import LanguageServer

PROGRAM = """\
from moorage_api import v1_25, v1_44


def use(engine: v1_44.Engine, other: v1_44.AsyncEngine, oldest: v1_25.Engine) -> None:
    engine.containers.create(image="bb", cmd=["sh"])
    other.containers.logs("web", stdout=True)
    oldest.images.list(all=True)
    engine.run("bb", ["sh"], memory="1g")
    other.pull("bb")
    engine.volumes.
    other.images.
"""
LINES = PROGRAM.splitlines()


class Editor(Protocol):
    """Jumping, hovering and completing, at the end of some text of the program."""

    def jump(self, text: str) -> list[tuple[Path, str]]:
        """Return the definitions: the file and the line's text of each."""

    def hover(self, text: str) -> str:
        """Return the prose and the signature."""

    def complete(self, text: str) -> set[str]:
        """Return the names that may follow."""


class Place(NamedTuple):
    line: int
    column: int


def end_of(text: str) -> Place:
    """Return the first place where the text ends."""
    line = next(number for number, each in enumerate(LINES) if text in each)
    return Place(line, LINES[line].index(text) + len(text))


class Pyright:
    def __init__(self, server: LanguageServer) -> None:
        self.server = server
        self.uri = server.open(PROGRAM)

    def jump(self, text: str) -> list[tuple[Path, str]]:
        line, column = end_of(text)
        found = self.server.at("definition", self.uri, line, column - 1)
        return [
            (path, line_of(path, each["range"]["start"]["line"]))
            for each in found
            for path in [Path(unquote(urlsplit(each["uri"]).path))]
        ]

    def hover(self, text: str) -> str:
        line, column = end_of(text)
        return str(self.server.at("hover", self.uri, line, column - 1)["contents"]["value"])

    def complete(self, text: str) -> set[str]:
        return self.server.complete(self.uri, *end_of(text))


class Jedi:
    def __init__(self) -> None:
        self.script = jedi.Script(PROGRAM)

    def jump(self, text: str) -> list[tuple[Path, str]]:
        line, column = end_of(text)
        found = self.script.goto(line + 1, column - 1, follow_imports=True)
        return [(each.module_path, line_of(each.module_path, each.line - 1)) for each in found]

    def hover(self, text: str) -> str:
        line, column = end_of(text)
        return "\n".join(each.docstring() for each in self.script.help(line + 1, column - 1))

    def complete(self, text: str) -> set[str]:
        line, column = end_of(text)
        return {each.name for each in self.script.complete(line + 1, column)}


def line_of(path: Path, number: int) -> str:
    return path.read_text("utf-8").splitlines()[number].strip()


@pytest.fixture(scope="module", params=["pyright", "jedi"])
def editor(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Editor]:
    if request.param == "jedi":
        yield Jedi()
        return
    with LanguageServer(tmp_path_factory.mktemp("workspace")) as server:
        yield Pyright(server)


@pytest.mark.parametrize(
    ("text", "module", "starts"),
    [
        ("engine.containers.create", "containers.py", "def create("),
        ("other.containers.logs", "containers.py", "def logs("),
        ("oldest.images.list", "images.py", "def list("),
        ("engine.containers", "engine.py", "def containers("),
        ("engine.run", "methods.py", "def run("),
        ("other.pull", "methods.py", "async def pull("),
    ],
)
def test_jump(editor: Editor, text: str, module: str, starts: str) -> None:
    found = editor.jump(text)
    assert found
    for path, line in found:
        assert path.name == module
        assert OUTPUT in path.parents
        assert line.startswith(starts)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("engine.containers.create", ["Create a container", "image", "ContainerCreateRequest"]),
        ("other.containers.logs", ["GET /containers/{id}/logs", "stdout", "AsyncFrames"]),
        ("oldest.images.list", ["GET /images/json", "filters", "ImageSummary"]),
    ],
)
def test_hover(editor: Editor, text: str, shown: list[str]) -> None:
    hover = editor.hover(text)
    assert [each for each in shown if each not in hover] == [], hover


@pytest.mark.parametrize(
    ("text", "prose", "shown"),
    [
        ("engine.run", "Run a command in a new container", ["image", "CreateFields"]),
        ("other.pull", "Pull an image", ["reference", "ImageInspect"]),
    ],
)
def test_hover_over_a_verb(editor: Editor, text: str, prose: str, shown: list[str]) -> None:
    """Its prose stands in the oldest version's folder, and jedi shows none that is inherited."""
    hover = editor.hover(text)
    assert [each for each in shown if each not in hover] == [], hover
    assert (prose in hover) is isinstance(editor, Pyright)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("engine.volumes.", {"create", "list", "prune"}),
        ("other.images.", {"list", "build", "push"}),
    ],
)
def test_completion(editor: Editor, text: str, names: set[str]) -> None:
    found = editor.complete(text)
    assert names <= found
    assert not found & {"logs", "print"}
