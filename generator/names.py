"""Make names of Python from names of the specification."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Collection

__all__ = ["class_name", "identifier", "method_name", "namespace_name", "pascal", "snake"]

# Mixed-case words that must stay whole.
WORDS = {"IPv": "Ipv", "IOps": "Iops", "UIDGID": "UidGid", "SELinux": "Selinux"}

# Names that would hide imports of the generated modules.
TAKEN_CLASSES = {
    "Any",
    "AsyncEngine",
    "Data",
    "Engine",
    "Literal",
    "Mapping",
    "Model",
    "TYPE_CHECKING",
    "Take",
    *(name for name in dir(builtins) if name[0].isupper()),
}


def snake(text: str) -> str:
    """Write a name in snake_case: `EnableIPv6` as enable_ipv6, `NanoCPUs` as nano_cpus."""
    for word, plain in WORDS.items():
        text = text.replace(word, plain)
    text = re.sub(r"([A-Z]{2,})s(?![a-z])", lambda found: found[1].capitalize() + "s", text)
    text = re.sub(r"[^A-Za-z0-9]+", "_", text)
    text = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", text)
    text = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", text)
    return text.strip("_").lower()


def identifier(text: str, taken: Collection[str] = ()) -> str:
    """Make an identifier of a name; one that is a keyword or `taken` gets an underscore."""
    name = snake(text)
    if not name or name[0].isdigit():
        name = f"n{name}"
    while keyword.iskeyword(name) or name in taken:
        name += "_"
    return name


def pascal(text: str) -> str:
    """Write a name in PascalCase, or a part of one."""
    parts = re.findall(r"[A-Za-z0-9]+", text)
    return "".join(part[0].upper() + part[1:] for part in parts)


def class_name(text: str) -> str:
    """Make the name of a class, in PascalCase."""
    name = pascal(text)
    if not name or name[0].isdigit():
        name = f"N{name}"
    return f"{name}Model" if name in TAKEN_CLASSES or keyword.iskeyword(name) else name


def namespace_name(tag: str) -> str:
    """Make the name of a tag's namespace: its first word, in the plural."""
    return identifier(re.split(r"\W", tag.strip())[0] + "s")


def method_name(operation_id: str, tag: str) -> str:
    """Make the name of an operation's method: its id without the tag's noun."""
    noun = re.split(r"\W", tag.strip())[0]
    rest = operation_id.removeprefix(noun)
    return identifier(rest or operation_id)
