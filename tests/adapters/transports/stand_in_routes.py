"""Routes from the real transports to stand-ins, and what those stand-ins really hold."""

import itertools
import socket
from dataclasses import replace
from urllib.parse import urlsplit

from adapters.registry import make_transport
from hub.contracts import Payload, Transport, Unavailable
from hub.words import PayloadKind
from sandbox.faults import Fault
from sandbox.holdings import held
from sandbox.stand_ins import StandIns
from sandbox.stands import Place, Stand
from tests.conformance.payloads import payload
from tests.sandbox.conftest import eventually
from tests.sandbox.far_ends import identity, json_report, reached, xml_drop

XML = (Place("Occurrence/Source/@submissionId", "Occurrence/Source/Reference"),)
JSON = (Place("data/id", "data/attributes/reference"),)
FAR_ENDS = {
    "sftp": Stand("kent", "rs", "kent", "niche-style", "sftp", "xml", XML, manifest=False),
    "rest": Stand("essex", "rs", "essex", "connect-style", "rest", "json", JSON),
    "https": Stand("lancashire", "rs", "lancashire", "connect-style", "rest", "json", JSON, tls=True),
}
COLLECTS = Stand("surrey", "rs", "surrey", "niche-style", "sftp", "xml", XML, manifest=False, habits=("collects",))
BRISK: dict[str, dict[str, float]] = {
    "sftp": {"connect": 2, "answer": 1, "transfer": 2, "slowest": 1_000_000},
    "rest": {"connect": 2, "answer": 1},
}
_numbers = itertools.count(1)


class Route:
    """A transport to a stand-in, and what that stand-in really holds."""

    def __init__(self, stand_ins: StandIns, stand: Stand) -> None:
        self.stand_ins = stand_ins
        self.stand = stand
        agreed = {"directory": stand.directory, "acknowledgements": stand.acknowledgements} if stand.transport == "sftp" else {}
        timeouts, at = BRISK[stand.transport], reached(stand_ins, stand)
        self.transport: Transport = make_transport(stand.transport, {**agreed, **at, "timeouts": timeouts})
        self._port = int(at["port"]) if "port" in at else urlsplit(str(at["url"])).port or 0

    def report(self, kind: PayloadKind = PayloadKind.RECORDS, size: int = 100_000) -> Payload:
        """One report, of several pieces on its way, under a name of its own."""
        said = identity(), "SOH-AB12"
        body = xml_drop(said) + b" " * size if self.stand.transport == "sftp" else json_report(*said) + b" " * size
        return payload(body, kind, f"{self.stand.name}.routine.t3st.{next(_numbers):06}.xml")

    def strike(self, fault: Fault) -> None:
        """From now on this fault strikes this far end, and nothing else strikes any."""
        before = self.stand_ins.struck()[fault.kind]
        self.stand_ins.faults(replace(fault, force=self.stand.force))
        if fault.kind == "connection-refused":  # struck when the stand-in has looked, not when we come
            assert eventually(lambda: self.stand_ins.struck()[fault.kind] > before)
            assert eventually(self._refuses)  # its lines are cut a moment later: what went out on one would be uncertain

    def heal(self) -> None:
        """Nothing strikes any more, and the far end is there."""
        self.stand_ins.faults()
        assert eventually(self.answers)

    def holds(self, sent: Payload) -> int:
        """How often the far end has it: taken whole, or lying under its name."""
        there = held(self.stand_ins.folder, self.stand)
        names = [one.key for one in there.payloads] + list(there.untaken)
        return names.count(sent.name if self.stand.transport == "sftp" else sent.key)

    def _refuses(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self._port), timeout=1).close()
        except ConnectionRefusedError:
            return True
        return False

    def answers(self) -> bool:
        """Whether the far end can be asked."""
        try:
            self.transport.find(self.report())
        except Unavailable:
            return False
        return True
