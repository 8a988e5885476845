"""Compile the messages of overrides/protobuf: a module, and its stub for type checkers.

protoc's own modules require a runtime of protoc's version; any runtime reads descriptors. They go
into a pool of their own, without conflicts with other messages.
"""

from __future__ import annotations

import base64
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from generator.errors import BuildError
from generator.versions import ROOT

__all__ = ["PROTOBUF", "compiled"]

PROTOBUF = ROOT / "overrides" / "protobuf"

_MODULE = '''"""{heading}"""

from __future__ import annotations

from base64 import b64decode
from typing import Any

from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

__all__ = [{names}]

_POOL = DescriptorPool()
_POOL.AddSerializedFile(  # type: ignore[no-untyped-call,unused-ignore]
    b64decode(
{data}
    )
)


def _message(name: str) -> Any:
    return GetMessageClass(_POOL.FindMessageTypeByName(f"{package}.{{name}}"))


{classes}
'''
_NAME = re.compile(r"^message (\w+)", re.MULTILINE)
_PACKAGE = re.compile(r"^package ([\w.]+);", re.MULTILINE)
_OR_MAPPING = re.compile(r"_Union\[(\w+), _Mapping\]")
_WIDTH = 84


def compiled(folder: Path = PROTOBUF) -> dict[str, str]:
    """Compile all messages; returns the texts of the modules and stubs, by their paths.

    Raises:
        BuildError: They are malformed.
    """
    return {path: text for file in sorted(folder.glob("*.proto")) for path, text in _files(file)}


def _files(file: Path) -> Iterator[tuple[str, str]]:
    text = file.read_text(encoding="utf-8")
    package, names = _PACKAGE.findall(text)[0], _NAME.findall(text)
    heading = f"Messages of {file.name}, as protobuf decodes and encodes them."
    with tempfile.TemporaryDirectory() as work:
        _protoc(file, work)
        data = base64.b64encode(_descriptor(Path(work, "set").read_bytes())).decode()
        (stub,) = Path(work).glob("*.pyi")
        # mypy has no type for a dict in place of a message.
        typed = _OR_MAPPING.sub(r"\1", stub.read_text(encoding="utf-8"))
        yield f"{file.stem}.pyi", f'"""{heading}"""\n\n{typed}'
    yield (
        f"{file.stem}.py",
        _MODULE.format(
            heading=heading,
            package=package,
            names=", ".join(f'"{each}"' for each in names),
            data="\n".join(
                f'        b"{data[at : at + _WIDTH]}"' for at in range(0, len(data), _WIDTH)
            ),
            classes="\n".join(f'{each} = _message("{each}")' for each in names),
        ),
    )


def _protoc(file: Path, work: str) -> None:
    done = subprocess.run(  # noqa: S603 - our own arguments
        [
            *(sys.executable, "-m", "grpc_tools.protoc", f"--proto_path={file.parent}"),
            *(f"--descriptor_set_out={work}/set", f"--pyi_out={work}", file.name),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BuildError(f"protoc refuses {file.name}: {done.stderr[:2000]}")


def _descriptor(descriptors: bytes) -> bytes:
    """Extract the only file of a set: the length-delimited field 1."""
    at, length, shift = 1, 0, 0
    while True:
        length |= (descriptors[at] & 0x7F) << shift
        shift += 7
        at += 1
        if descriptors[at - 1] < 0x80:
            break
    if descriptors[0] != 0x0A or len(descriptors) != at + length:
        raise BuildError("protoc wrote no set of one file")
    return descriptors[at:]
