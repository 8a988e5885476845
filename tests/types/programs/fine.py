"""A program that works with every version that is asked for here."""

import moorage

with moorage.connect() as engine:
    for container in engine.containers.list(all=True, filters={"label": "a"}):
        print(container.id, container.state)
