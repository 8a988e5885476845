"""Draws the picture of a build's progress in docs/build.md: python -m docs.site.build_picture.

A private engine builds, as root on Debian. What `moorage.progress.rich()` shows in the middle of it
is written to docs/build.svg.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

from rich.console import Console

import moorage
from moorage.private import busybox, busybox_tar, private_engine
from moorage.progress import Progress
from moorage.progress.steps import StepsDisplay

PICTURE = Path(__file__).parents[1] / "build.svg"
WIDTH = 88
LINE = 24.4
"""The height of a line, as rich has it."""
DOCKERFILE = """
FROM base AS made
COPY src /src
RUN mkdir /out && for n in 1 2 3 4 5 6 7 8; do echo "compiling part $n of 8"; sleep 0.4; done
FROM base AS tested
COPY tests /tests
RUN --mount=type=secret,id=token test -s /run/secrets/token && echo "12 tests passed"
FROM base
COPY --from=made /out /out
COPY --from=tested /tests /tests
"""
# The fields are those that rich fills.
SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} HEIGHT" role="img">
<title>A build in progress</title>
<style>.{unique_id}-matrix {{
  font: {char_height}px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  white-space: pre
}}
{styles}</style>
<defs>{lines}</defs>
<rect width="100%" height="100%" rx="8" fill="#1d2433"/>
<g transform="translate(9, 9)" class="{unique_id}-matrix">{matrix}</g>
</svg>
"""


class Camera:
    """Shows the progress as a terminal does, and keeps how it looks in the middle of the build."""

    def __init__(self) -> None:
        self.svg: str = ""
        self._console = Console(file=io.StringIO(), record=True, width=WIDTH, force_terminal=True)
        self._display = StepsDisplay(Console(file=io.StringIO(), width=WIDTH))

    def __call__(self, progress: Progress) -> None:
        """Take note of the progress."""
        self._display(progress)
        if not self.svg and "part 5" in progress.message:
            shown = self._display.shown()
            self._console.print(shown)
            svg = self._console.export_svg(title="", code_format=SVG, unique_id="build")
            height = LINE * (shown.plain.count("\n") + 1) + 2 * 9
            self.svg = svg.replace("HEIGHT", f"{height:.0f}")


def main() -> int:
    """Build, and write the picture."""
    camera = Camera()
    with private_engine("forky") as private, moorage.connect(host=private.host) as engine:
        engine.images.create(busybox_tar(busybox()), from_src="-", repo="base").finish()
        content = bytes(300_000)
        files: dict[str, Any] = {"Dockerfile": DOCKERFILE, "src/main.c": content, "tests/a": b"x"}
        given: dict[str, Any] = {"network": "none", "secrets": {"token": b"x"}}
        engine.build(files, target="tested", **given)  # these steps are cached then
        engine.build(files, on_progress=camera, **given)
    PICTURE.write_text(camera.svg)
    return 0


if __name__ == "__main__":
    sys.exit(main())
