"""What the tests of email share: a report that must not be seen, and an error that is about it."""

import pytest

from adapters.transports.email.transport import EmailTransport
from hub.contracts import DeliveryError, Misconfigured
from tests.conformance.payloads import payload

CANARY = b"canary: Si\xc3\xa2n Made-up, 07700 900123"
BRISK = {"connect": 2, "answer": 0.5, "message": 2}


def fails(transport: EmailTransport, body: bytes = CANARY) -> DeliveryError | Misconfigured:
    """The error of a message that does not go through."""
    with pytest.raises((DeliveryError, Misconfigured)) as caught:
        transport.send(payload(body))
    transport.close()
    assert isinstance(caught.value, DeliveryError | Misconfigured)
    assert "canary" not in str(caught.value)
    assert "must not travel" not in str(caught.value)
    return caught.value
