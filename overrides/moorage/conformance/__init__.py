"""Tell where an engine departs from the specification of its API version.

    from moorage import conformance

    for departure in conformance.check("containers.inspect", "1.44", payload):
        print(departure)  # $.HostConfig.Binds: expected array of string, found null

Clients take whatever an engine sends, and are made from corrected specifications. This strict check
is apart from them, and knows the specification as it was published.

`moorage conformance` asks whole engines: `survey` drives them, `report` is what came of it, and
`terminal` and `page` show it.
"""

from moorage.conformance.strict import Departure, check

__all__ = ["Departure", "check"]
