"""Print a list of containers: moorage, which asks for the version."""

import sys

import moorage

with moorage.connect(host=sys.argv[1]) as engine:
    for container in engine.containers.list(all=True):
        print(container.id, container.state)
