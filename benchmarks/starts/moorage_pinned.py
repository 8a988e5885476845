"""Print a list of containers: moorage, pinned by class."""

import sys

import moorage
from moorage_api import v1_51

with moorage.connect(v1_51.Engine, host=sys.argv[1]) as engine:
    for container in engine.containers.list(all=True):
        print(container.id, container.state)
