"""The files that an engine puts into each container, and that no image gets."""

from __future__ import annotations

from moorage.testing.objects.files import Files

__all__ = ["with_engine_files", "without_engine_files"]

_FOLDERS = ("/dev/pts", "/dev/shm", "/etc", "/proc", "/sys")  # noqa: S108 - in the container
_HOSTS = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"


def with_engine_files(image: Files, hostname: str) -> Files:
    """Return the files of a new container: those of the image, and the engine's."""
    made = image.copy()
    for folder in _FOLDERS:
        made.make_folder(folder)
    made.write("/.dockerenv", b"", mode=0o755)
    made.write("/dev/console", b"")
    made.write("/etc/hostname", f"{hostname}\n")
    made.write("/etc/hosts", _HOSTS)
    made.write("/etc/resolv.conf", "nameserver 127.0.0.11\n")
    made.link("/etc/mtab", "/proc/mounts")
    return made


def without_engine_files(files: Files, base: Files, image: Files) -> Files:
    """Return a container's files as its image gets them; the engine's are those of the image.

    Args:
        files: The files of the container now.
        base: Those that it began with.
        image: Those of its image.
    """
    kept = {
        path: image.nodes.get(path) if node is base.nodes.get(path) else node
        for path, node in files.nodes.items()
    }
    return Files({path: node for path, node in kept.items() if node is not None})
