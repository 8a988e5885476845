"""Build images: a Dockerfile, step by step, reported like the classic builder or BuildKit."""

from __future__ import annotations

import base64
import json
import re
import secrets
import shlex
import tarfile
from collections.abc import Iterator
from typing import Any

from moorage.testing.objects.clock import timestamp
from moorage.testing.objects.files import Files
from moorage.testing.objects.image import Image, default_tag, find_image, name_image, new_image
from moorage.testing.objects.process import Input, Output, Process, Program, run
from moorage.testing.objects.refused import Refused
from moorage.testing.objects.shell import shell
from moorage.testing.operations.images import changed
from moorage.testing.server.answers import Answer, document, stream
from moorage.testing.server.call import Call, operation

__all__: list[str] = []

_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)\})")
_BUILDKIT = "2"


class _Failed(Exception):
    """A step failed; the message is for the client."""

    def __init__(self, message: str, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


@operation("images.build")
def build(call: Call) -> Answer:
    """Build an image from a context."""
    data = call.all_content()
    if call.text("remote"):
        raise Refused(400, "a fake engine fetches no remote context")
    try:
        context = Files.from_tar(data)
    except tarfile.TarError:
        raise Refused(400, "Error processing tar file: archive/tar: invalid tar header") from None
    name = call.text("dockerfile") or "Dockerfile"
    if context.find(name) is None:
        raise Refused(
            500 if not call.state.since("1.42") else 400,
            f"Cannot locate specified Dockerfile: {name}",
        )
    steps = _steps(context.read(name).decode("utf-8", "replace"))
    labels = json.loads(call.text("labels") or "{}")
    if labels and steps:
        steps.append("LABEL " + " ".join(shlex.quote(f"{k}={v}") for k, v in labels.items()))
    if not steps:
        raise Refused(400, "the Dockerfile (Dockerfile) cannot be empty")
    lines = _building(call, context, steps)
    if not call.flag("q"):
        return stream(lines)
    return stream(
        each for each in lines if b'"stream": "sha256:' in each or b'"errorDetail"' in each
    )


def _building(call: Call, context: Files, steps: list[str]) -> Iterator[bytes]:
    buildkit = call.text("version") == _BUILDKIT
    builder = _Builder(call, context)
    try:
        for place, step in enumerate(steps, 1):
            if not buildkit:
                yield call.line({"stream": f"Step {place}/{len(steps)} : {step}"})
                yield call.line({"stream": "\n"})
            before, failure = len(builder.output.pieces), None
            try:
                builder.take(step)
            except (_Failed, Refused) as error:
                failure = error
            for piece in builder.output.pieces[before:]:
                if not buildkit:
                    yield call.line({"stream": piece.data.decode("utf-8", "replace")})
            if failure is not None:
                raise failure
            if buildkit:
                yield call.line({"id": "moby.buildkit.trace", "aux": _trace(step)})
            else:
                yield call.line({"stream": f" ---> {secrets.token_hex(6)}\n"})
        image = builder.finished()
    except (_Failed, Refused) as error:
        message = str(error)
        detail: dict[str, Any] = {"message": message}
        if isinstance(error, _Failed) and error.code:
            detail["code"] = error.code
        yield call.line({"errorDetail": detail, "error": message})
        return
    tags = [default_tag(each) for each in call.query.get("t", []) if each]
    with call.state.changing():
        call.state.images.setdefault(image.id, image)
        for tag in tags:
            name_image(call.state, call.state.images[image.id], tag)
        call.state.build_cache.append(_cache_entry(image))
    yield call.line(
        {"id": "moby.image.id", "aux": {"ID": image.id}} if buildkit else {"aux": {"ID": image.id}}
    )
    if call.flag("q"):
        yield call.line({"stream": f"{image.id}\n"})
    elif not buildkit:
        yield call.line({"stream": f"Successfully built {image.id[7:19]}\n"})
        for tag in tags:
            yield call.line({"stream": f"Successfully tagged {tag}\n"})


def _trace(step: str) -> str:
    # A vertex of BuildKit's protobuf: its digest and its name.
    digest = f"sha256:{secrets.token_hex(32)}".encode()
    name = step.encode()[:100]
    vertex = bytes([0x0A, len(digest)]) + digest + bytes([0x1A, len(name)]) + name
    size = len(vertex)
    length = bytes([size]) if size < 128 else bytes([size & 127 | 128, size >> 7])
    return base64.b64encode(b"\x0a" + length + vertex).decode()


def _cache_entry(image: Image) -> dict[str, Any]:
    return {
        "ID": secrets.token_hex(12),
        "Parent": "",
        "Parents": None,
        "Type": "regular",
        "Description": "mount / from exec",
        "InUse": False,
        "Shared": False,
        "Size": image.size,
        "CreatedAt": timestamp(),
        "LastUsedAt": timestamp(),
        "UsageCount": 1,
    }


def _steps(text: str) -> list[str]:
    joined = re.sub(r"\\\s*\n", " ", text)
    lines = (each.strip() for each in joined.splitlines())
    return [each for each in lines if each and not each.startswith("#")]


class _Builder:
    def __init__(self, call: Call, context: Files) -> None:
        self._call = call
        self._context = context
        self._given: dict[str, str] = json.loads(call.text("buildargs") or "{}")
        self._variables: dict[str, str] = {}
        self._files = Files.empty()
        self._config: dict[str, Any] = {}
        self._program: tuple[Program, Program] = (shell, shell)
        self._stages: dict[str, Files] = {}
        self._history: list[str] = []
        self._begun = False
        self.output = Output()

    def take(self, step: str) -> None:
        """Run a step of a Dockerfile."""
        word, _, rest = step.partition(" ")
        rest = _VARIABLE.sub(lambda m: self._variables.get(m[1] or m[2], ""), rest.strip())
        word = word.upper()
        if word not in ("FROM", "ARG"):
            self._history.append(step)
            if not self._begun:
                raise _Failed(f"no build stage in current context: {word}")
        match word:
            case "FROM":
                self._from(rest)
            case "ARG":
                name, _, value = rest.partition("=")
                self._variables[name] = self._given.get(name) or value
            case "COPY" | "ADD":
                self._copy(rest)
            case "RUN":
                self._run(rest)
            case _:
                try:
                    self._config = changed(self._config, [f"{word} {rest}"])
                except Refused:
                    raise _Failed(f"dockerfile parse error: unknown instruction: {word}") from None
                for each in self._config.get("Env") or ():
                    name, _, value = each.partition("=")
                    self._variables[name] = value

    def _from(self, rest: str) -> None:
        words = rest.split()
        words = [each for each in words if not each.startswith("--")]
        if self._begun:
            self._stages[str(len(self._stages) // 2)] = self._files
        self._begun = True
        name = words[0] if words else ""
        if name == "scratch":
            self._files, self._config = Files.empty(), {}
        elif name in self._stages:
            self._files = self._stages[name].copy()
        else:
            with self._call.state.lock:
                state = self._call.state
                if default_tag(name) in state.registry and not _is_here(self._call, name):
                    name_image(state, state.registry[default_tag(name)], name)
                base = find_image(state, name)
            self._files, self._config = base.files.copy(), dict(base.config)
            self._program = base.program, base.execute
        if len(words) > 2 and words[1].upper() == "AS":
            self._stages[words[2]] = self._files

    def _copy(self, rest: str) -> None:
        words = json.loads(rest) if rest.startswith("[") else rest.split()
        source = self._context
        while words and words[0].startswith("--"):
            option = words.pop(0)
            if option.startswith("--from="):
                source = self._stages.get(option.partition("=")[2], source)
        *paths, target = words
        if not target.startswith("/"):
            target = f"{self._config.get('WorkingDir') or ''}/{target}"
        try:
            self._files.copy_from(source, paths, target.replace("/./", "/"))
        except FileNotFoundError as error:
            raise _Failed(
                f"COPY failed: file not found in build context or excluded by .dockerignore: "
                f"stat {error}: file does not exist"
            ) from None

    def _run(self, rest: str) -> None:
        process = Process(
            ["/bin/sh", "-c", rest],
            dict(self._variables),
            self._files,
            self._config.get("WorkingDir") or "/",
            "",
            None,
            1,
            self._call.state,
            Input(opened=False),
            self.output.add,
        )
        if code := run(self._program[1], process):
            raise _Failed(f"The command '/bin/sh -c {rest}' returned a non-zero code: {code}", code)

    def finished(self) -> Image:
        """Make the image from the last stage."""
        config = dict(self._config)
        return new_image(self._files, config, *self._program, created_by=" ; ".join(self._history))


def _is_here(call: Call, name: str) -> bool:
    try:
        find_image(call.state, name)
    except Refused:
        return False
    return True


@operation("images.build_prune")
def build_prune(call: Call) -> Answer:
    """Remove the build cache."""
    with call.state.changing():
        gone = call.state.build_cache
        call.state.build_cache = []
        space = sum(each["Size"] for each in gone)
        call.state.emit("builder", "prune", "", reclaimed=str(space))
    return document(
        {"CachesDeleted": [each["ID"] for each in gone] or None, "SpaceReclaimed": space}
    )
