"""Put the site's pages together: those that are written, and the reference."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path, PurePosixPath

from docs.site.navigation import navigation
from docs.site.reference import pages as reference_pages
from generator.versions import ROOT
from moorage.versions.bundled import bundled_versions

__all__ = ["lay_out"]

_HERE = Path(__file__).parent
_PROJECT = {"CHANGELOG.md": ROOT, "CONTRIBUTING.md": ROOT, "SECURITY.md": ROOT / ".github"}
_LONGEST = 160
"""Characters of a page's description."""
_LINK = re.compile(r"\[(?P<text>[^\]]*)\]\((?P<to>[^)#\s]*)(?P<anchor>#[^)\s]*)?\)")


def lay_out(folder: Path) -> None:
    """Write a folder that mkdocs builds: pages/, and mkdocs.yml with the navigation."""
    pages = folder / "pages"
    shutil.rmtree(folder, ignore_errors=True)
    pages.mkdir(parents=True)
    written = [*sorted((ROOT / "docs").glob("*.md"))]
    for file in (ROOT / "docs").glob("*.svg"):
        shutil.copy(file, pages)
    written += [home / name for name, home in _PROJECT.items() if (home / name).is_file()]
    for file in written:
        text = file.read_text(encoding="utf-8")
        text = _described(_with_links(text, file))
        (pages / file.name).write_text(text, encoding="utf-8")
    reference = reference_pages()
    for path, text in reference.items():
        target = pages / "reference" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_described(_with_switch(path, text)), encoding="utf-8")
    shutil.copytree(_HERE / "assets", pages / "assets")
    settings = {
        "INHERIT": str(_HERE / "mkdocs.yml"),
        "docs_dir": "pages",
        "site_dir": "site",
        "nav": navigation({file.stem for file in written}, list(reference)),
    }
    (folder / "mkdocs.yml").write_text(json.dumps(settings, indent=1), encoding="utf-8")


def _with_links(text: str, file: Path) -> str:
    """Point links at the pages; what is in the repository and not on the site is named instead."""

    def rewritten(found: re.Match[str]) -> str:
        to = found["to"]
        if not to or "://" in to or to.startswith("mailto:"):
            return found[0]
        target = (file.parent / to).resolve()
        home = target.parent
        name = target.name
        if target.suffix == ".svg" and home == ROOT / "docs":
            return found[0]
        if target.suffix == ".md" and (home == ROOT / "docs" or _PROJECT.get(name) == home):
            return f"[{found['text']}]({name}{found['anchor'] or ''})"
        if not target.exists():
            raise FileNotFoundError(f"{file}: the link to {to} leads nowhere")
        path = str(target.relative_to(ROOT))
        return f"`{path}`" if found["text"] in path else f"{found['text']} (`{path}`)"

    return _LINK.sub(rewritten, text)


def _described(text: str) -> str:
    """Put a page's first sentences before it, which search engines show."""
    paragraphs = re.split(r"\n\n+", re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S))
    prose = next((each for each in paragraphs if re.match(r"[\w`(]", each)), "")
    prose = " ".join(re.sub(r"\[([^\]]*)\]\([^)]*\)|<[^>]*>", r"\1", prose).split())
    prose = prose.replace("`", "").replace("**", "")
    if len(prose) > _LONGEST:
        prose = prose[: prose.rindex(" ", 0, _LONGEST)] + " …"
    return f"---\ndescription: {json.dumps(prose)}\n---\n\n{text}" if prose else text


def _with_switch(path: str, text: str) -> str:
    """Give a page that tells versions apart its switcher, below the heading."""
    if path == "moorage.md" or PurePosixPath(path).parts[0] in {"changes", "versions.md"}:
        return text
    heading, _, rest = text.partition("\n")
    versions = " ".join(bundled_versions())
    switch = f'<div class="m-switch" data-search-exclude data-versions="{versions}"></div>'
    return f"{heading}\n\n{switch}\n{rest}"
