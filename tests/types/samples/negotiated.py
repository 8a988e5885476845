"""Negotiated, or chosen by a string: typed as the newest version."""

import moorage
from moorage_api.newest import Engine

with moorage.connect() as negotiated:
    reveal_type(negotiated)  # is Engine
    reveal_type(negotiated.containers.list()[0].names)  # is list[str]
    negotiated.containers.nothing()  # error
    reveal_type(negotiated.exec.start("x"))  # is Session
    reveal_type(negotiated.exec.start("x", detach=True))  # is None

with moorage.connect(version="1.30") as chosen:
    engine: Engine = chosen

moorage.connect(Engine, version="1.30")  # error
moorage.connect(versoin="1.30")  # error
