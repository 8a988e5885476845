"""PyInstaller's hook for programs that import moorage."""

from __future__ import annotations

from PyInstaller.utils.hooks import collect_data_files, collect_submodules, copy_metadata

# Programs import these by their names, if at all.
_TOOLS = ("check", "cli", "conformance", "diff", "frozen", "private", "vendor", "__main__")


def _is_needed(name: str) -> bool:
    return name.partition(".")[2].partition(".")[0] not in _TOOLS


hiddenimports: list[str] = collect_submodules("moorage", filter=_is_needed)
# As files: they import nothing but moorage, attrs and the standard library, and are too many to be
# analysed one by one.
datas: list[tuple[str, str]] = collect_data_files(
    "moorage_api", include_py_files=True
) + copy_metadata("moorage")
