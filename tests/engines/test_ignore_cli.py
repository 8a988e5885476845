"""The files that .dockerignore leaves out of a context, compared with the docker CLI's."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

import moorage
from tests.engines.build_server import build_server
from tests.engines.cli import Cli

FILES = [
    *("Dockerfile", "a", "b", "aa", "README.md", "a.md", "docs/a", "docs/README.md"),
    *("docs/x/a", "docs/x/b.md", "docs/x/y/deep.md", "src/a.go", "src/a_test.go"),
    *("src/pkg/b.go", "src/pkg/b_test.go", "node_modules/m/i.js", "src/node_modules/n/i.js"),
    *(".git/HEAD", ".env", "src/.env", "temp", "tempo", "sub/temp", "sub/sub/temp", "[x]"),
    *("x-y", "x*y", "é", "dir.d/f", "A", "foo/bar/baz", "foo/bar2", "1", "#c", "^", "]", "a b"),
]
CASES = [
    # Lines: blank ones, comments, spaces, line ends
    *("", "# a", "#a\na", " # a", "\ta ", "a\r\nb\r\n", "\n\na\n\n", "\ufeffa", "a b", "\u00a0a"),
    # Slashes and dots
    *("/a", "//a", "./a", "a/", "/docs/", "./docs/", "docs", "docs/.", "docs/..", "docs/../a"),
    *("..", "../a", ".", "/", "docs//x", "docs/./x", "src/../docs/x", "foo/bar"),
    # One star, two stars, a question mark
    *("*", "*/", "*/*", "*.md", "/*.md", "*/*.md", "*/temp*", "*/*/temp*", "temp?", "foo/b*r"),
    *("**", "/**", "**/", "**/*", "**/*.md", "**.md", "docs/**", "docs/**/", "docs/**/*.md"),
    *("**/x", "**/x/**", "**/docs/x", "foo/**/baz", "foo**", "**oo", "a**", "**a", "***", "**/**"),
    # Classes and escapes
    *("[ab]", "[^a]", "[a-b]*", "\\[x\\]", "[x]", "x\\-y", "[[]x]", "[", "[a-]", "[z-a]", "[]a]"),
    *(
        "\\a",
        "\\docs",
        "\\d",
        "[\\d]",
        "[^\\D]",
        "\\README.md",
        "a\\",
        "[[:alpha:]]",
        "[*]",
        "x[*]y",
    ),
    *("a|b", "(a)", "a+", "^a", "^a*", "a{,b}", "é", "[é]", "\\#c", "*c"),
    # Exceptions: the last that matches counts
    *("*.md\n!README.md", "!README.md\n*.md", "*.md\n!README*.md\nREADME.md"),
    *("docs\n!docs/README.md", "docs/\n!docs/x/", "docs/*\n!docs/x", "docs/**\n!docs/x"),
    *("docs\n!docs/x/y/deep.md", "docs\n!**/deep.md", "docs\n!docs/*/b.md", "docs\n!d*/README.md"),
    *(
        "*\n!src",
        "*\n!src/**/*.go",
        "**\n!src/a.go",
        "*\n!src/pkg\nsrc/pkg/b_test.go",
        "*\n!**/*.md",
    ),
    *("foo/bar\n!foo", "docs/x\n!docs", "foo\n!foo", "!a\na/b", "!", "! a", "*\n! /a", "!!a", "!*"),
    # The Dockerfile and the file itself
    *("Dockerfile", "Dockerfile\n.dockerignore", "*\n", ".*", "**/.*", "**/.env"),
]


def ours(context: Path) -> list[str] | None:
    try:
        with tarfile.open(fileobj=io.BytesIO(moorage.context(context).read())) as tar:
            return tar.getnames()
    except ValueError:
        return None


@pytest.mark.usefixtures("private_machine")
def test_a_context_is_what_the_cli_sends(tmp_path: Path) -> None:
    context = tmp_path / "context"
    for name in FILES:
        path = context / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("FROM scratch\n")
    cli = Cli("28.5", tmp_path)
    different = []
    with build_server(tmp_path) as server:
        for text in CASES:
            (context / ".dockerignore").write_text(text, encoding="utf-8", newline="")
            done = cli.run(
                *("-H", server.host, "build", "-q", str(context)),
                environment={"DOCKER_BUILDKIT": "0"},
            )
            theirs = server.names() if done.returncode == 0 else None
            if ours(context) != theirs:
                different.append((text, done.stderr))
    assert different == []
