"""The REST transport as one of many: each payload goes the way on which many are carried at a time."""

from adapters.transports.rest.transport import RestTransport
from hub.contracts import Payload, Receipt


class OfMany(RestTransport):
    """What `send` promises is promised on this way too."""

    def send(self, payload: Payload) -> Receipt:
        (became,) = self.send_together([payload], lambda: None)
        if isinstance(became, Receipt):
            return became
        assert became is not None
        raise became


WAYS = (RestTransport, OfMany)
