"""Find departures of an engine from the specification of its API version.

    from moorage import conformance

    for departure in conformance.check("containers.inspect", "1.44", payload):
        print(departure)  # $.HostConfig.Binds: expected array of string, found null

Clients accept whatever an engine sends, and are made from corrected specifications. This strict
check is separate, and uses the published specification.

`moorage conformance` checks whole engines: `survey` drives them, `report` holds the results, and
`terminal` and `page` show them.
"""

from moorage.conformance.strict import Departure, check

__all__ = ["Departure", "check"]
