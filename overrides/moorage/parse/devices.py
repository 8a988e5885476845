"""Graphics processors of a container."""

from __future__ import annotations

from typing import Any

from moorage.parse.options import fields

__all__ = ["gpus"]


def gpus(value: int | str) -> dict[str, Any]:
    """Read a request for graphics processors, in the form of `docker run --gpus`.

    Args:
        value: "all", a number, or fields: "device=0", "count=2,driver=nvidia".
            A value with commas is quoted: '"device=0,2"'.

    Returns:
        The fields of a `DeviceRequest`.

    Raises:
        TypeError: It is neither a str nor an int.
        ValueError: It is malformed.
    """
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise TypeError(f"gpus is 'all', a number or a str, not {type(value).__name__}")
    request: dict[str, Any] = {"capabilities": []}
    for key, text in fields(str(value)):
        name = key if text is not None else "count"
        given = key if text is None else text
        if name in request and name != "capabilities":
            raise ValueError(f"gpus: {name} appears twice in {value!r:.100}")
        if name == "count":
            request["count"] = _count(given)
        elif name == "device":
            request["device_ids"] = given.split(",")
        elif name == "driver":
            request["driver"] = given
        elif name == "capabilities":
            request["capabilities"] = [given.split(",")]
        elif name == "options":
            pairs = (each.partition("=") for each in given.split(","))
            request["options"] = {each[0]: each[2] for each in pairs}
        else:
            raise ValueError(f"gpus takes no {name!r:.50}")
    if "count" not in request and "device_ids" not in request:
        request["count"] = 1
    known = request["capabilities"][0] if request["capabilities"] else []
    request["capabilities"] = [[*known, *([] if "gpu" in known else ["gpu"])]]
    return request


def _count(text: str) -> int:
    if text == "all":
        return -1
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"gpus: {text!r:.100} is not a count: write 'all' or a number")
    return int(text)
