"""Helpers whose engine is annotated, and the fields of what it gives."""

from moorage_api import newest
from moorage_api.newest import Engine, HostConfig, ImageSummary


def platforms(engine: Engine) -> list[ImageSummary]:
    return engine.images.list(manifests=True)  # since 1.47 images.list(manifests=)


def sizes(engine: Engine) -> list[int | None]:
    return [image.size for image in engine.images.list(all=True)]


def manifests(image: ImageSummary) -> int:
    return len(image.manifests or ())  # since 1.47 ImageSummary.manifests


def virtual(image: newest.ImageSummary) -> int | None:
    return image.virtual_size  # until 1.43 ImageSummary.virtual_size


def host() -> HostConfig:
    annotated = HostConfig(annotations={"a": "b"})  # since 1.43 HostConfig.annotations
    return HostConfig(memory=annotated.memory, kernel_memory=1)  # until 1.41 HostConfig.kernel_memory


def cluster() -> object:
    return newest.ClusterVolumeSpec()  # since 1.42 ClusterVolumeSpec
