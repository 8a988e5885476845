"""Functions without annotations: what they open themselves is typed."""

import moorage
from tool import images


def run(name, platform=None):
    with moorage.connect() as engine:
        engine.containers.create(image=name)
        engine.containers.create(  # since 1.41 containers.create(platform=)
            image=name,
            platform=platform,
        )
        engine.containers.create(image=name, mac_address="")  # until 1.51 containers.create(mac_address=)
        for image in images.platforms(engine):
            print(image.id, image.descriptor)  # since 1.48 ImageSummary.descriptor
        engine.volumes.update(name, version=1)  # since 1.42 volumes.update
        engine.containers.inspect(name).colour  # always
    with moorage.connect(version="1.44") as chosen:
        chosen.images.list(manifests=True)  # since 1.47 images.list(manifests=)
