"""Code that is pinned to a version is checked as that one."""

import moorage
from moorage_api import v1_44

with moorage.connect(v1_44.Engine) as engine:
    engine.volumes.update("v", version=1)
    engine.images.list(manifests=True)  # always
