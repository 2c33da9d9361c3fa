"""Every fault that the sandbox can do, met by the real transports: each raises its own error, and `find` tells the truth afterwards."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

import pytest

from hub.contracts import (
    Absent,
    CannotTell,
    DeliveryError,
    Found,
    Misconfigured,
    Payload,
    Receipt,
    Refused,
    Together,
    Unavailable,
    Uncertain,
)
from hub.words import PayloadKind
from sandbox.faults import KINDS, REST_REQUESTS, SFTP_REQUESTS, Fault
from sandbox.holdings import STANDS, collected_of, home_of
from sandbox.stand_ins import StandIns
from sandbox.stands import HABITS, write_stands
from tests.adapters.transports.stand_in_routes import COLLECTS, FAR_ENDS, Route
from tests.sandbox.conftest import eventually

LONG = 3600.0  # seconds: far beyond every timeout


@dataclass(frozen=True)
class Row:
    """What a fault must raise (nothing: it was delivered), and what `find` must say afterwards."""

    fault: Fault
    error: type[Exception] | None
    code: str
    found: type[object]
    retry_after: float | None = None

    def __str__(self) -> str:
        return f"{self.fault.kind}-{self.fault.status}" if self.fault.kind == "status" else self.fault.kind


OVER_SFTP = (
    Row(Fault("connection-refused"), Unavailable, "connection-refused", Absent),
    Row(Fault("wrong-host-key"), Misconfigured, "host-key-differs", Absent),
    Row(Fault("password-refused"), Misconfigured, "authentication-refused", Absent),
    Row(Fault("permission-denied"), Misconfigured, "permission-denied", Absent),
    Row(Fault("disk-full"), Unavailable, "far-end-failure", Absent),
    Row(Fault("rename-fails"), Unavailable, "far-end-failure", Absent),
    Row(Fault("reset"), Unavailable, "connection-lost", Absent),
    Row(Fault("stall"), Unavailable, "timeout", Absent),
    Row(Fault("drip", seconds=0.7), Unavailable, "timeout", Absent),
    Row(Fault("lost-response"), Uncertain, "connection-lost", Found),
    Row(Fault("truncated"), Unavailable, "cut-short", Absent),
    Row(Fault("reject"), None, "renamed", Found),
    Row(Fault("silent"), None, "renamed", Found),
)
OVER_REST = (
    Row(Fault("connection-refused"), Unavailable, "connection-refused", Absent),
    Row(Fault("password-refused"), Misconfigured, "http-401", Absent),
    Row(Fault("permission-denied"), Misconfigured, "http-403", Absent),
    Row(Fault("disk-full"), Uncertain, "http-507", Absent),
    Row(Fault("status", status=429, retry_after=7), Unavailable, "http-429", Absent, 7.0),
    Row(Fault("status", status=500), Uncertain, "http-500", Absent),
    Row(Fault("status", status=503, retry_after=9), Unavailable, "http-503", Absent, 9.0),
    Row(Fault("reset"), Uncertain, "connection-lost", Absent),
    Row(Fault("stall"), Uncertain, "timeout", Absent),
    Row(Fault("drip", seconds=0.1), Uncertain, "timeout", Found),
    Row(Fault("lost-response"), Uncertain, "connection-lost", Found),
    Row(Fault("truncated"), Uncertain, "connection-lost", Found),
    Row(Fault("wrong-content-type"), Uncertain, "not-the-api", Found),
    Row(Fault("refuse"), Refused, "business-rule", Absent),
    Row(Fault("reject"), None, "http-201", Found),
    Row(Fault("silent"), None, "http-201", Found),
)
ROWS = {
    "sftp": OVER_SFTP,
    "rest": OVER_REST,
    "https": (*OVER_REST, Row(Fault("expired-certificate"), Misconfigured, "certificate-not-trusted", Absent)),
}
NOWHERE = {  # what a transport has not: HTTP has no host key and no rename, SFTP neither statuses nor content types …
    "sftp": {"expired-certificate", "status", "wrong-content-type", "refuse"},
    "rest": {"wrong-host-key", "rename-fails", "expired-certificate"},
    "https": {"wrong-host-key", "rename-fails"},
}
CASES = [(name, row) for name, rows in ROWS.items() for row in rows]
FAILING = [(name, row) for name, row in CASES if row.error]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIns]:
    folder = tmp_path_factory.mktemp("faults")
    write_stands(folder / STANDS, [*FAR_ENDS.values(), COLLECTS])
    with StandIns(folder, None) as stand_ins:
        yield stand_ins


@pytest.fixture
def stand_ins(running: StandIns) -> Iterator[StandIns]:
    yield running
    running.faults()
    for stand in (FAR_ENDS["sftp"], COLLECTS):  # else each test would read what the far end told all others
        for said in (home_of(running.folder, stand) / stand.acknowledgements.lstrip("/")).glob("*.json"):
            said.unlink(missing_ok=True)


@pytest.fixture
def routes(stand_ins: StandIns) -> Iterator[dict[str, Route]]:
    routes = {name: Route(stand_ins, stand) for name, stand in FAR_ENDS.items()}
    yield routes
    for route in routes.values():
        route.transport.close()


def outcome(route: Route, sent: Payload) -> Receipt | DeliveryError | Misconfigured:
    try:
        return route.transport.send(sent)
    except (DeliveryError, Misconfigured) as error:
        return error


# --- each fault, its own error


@pytest.mark.parametrize("name", FAR_ENDS)
def test_every_fault_has_its_row(name: str) -> None:
    rows = {row.fault.kind for row in ROWS[name]}
    assert rows | NOWHERE[name] == KINDS.keys()
    assert not rows & NOWHERE[name]
    if name != "sftp":
        assert {row.fault.status for row in ROWS[name] if row.fault.kind == "status"} == {429, 500, 503}


@pytest.mark.parametrize(("name", "row"), CASES, ids=str)
def test_each_fault_raises_exactly_its_own_error(routes: dict[str, Route], stand_ins: StandIns, name: str, row: Row) -> None:
    route, sent, before = routes[name], routes[name].report(), stand_ins.struck()[row.fault.kind]
    route.strike(row.fault)
    came = outcome(route, sent)
    if row.error is None:
        assert isinstance(came, Receipt)
        assert came.detail == row.code
    else:
        assert isinstance(came, DeliveryError | Misconfigured)
        assert (type(came), came.code) == (row.error, row.code)
        assert getattr(came, "retry_after", None) == row.retry_after
    if row.fault.kind == "silent":
        list(route.transport.acknowledgements(None))  # over REST this is where nothing is said
    assert eventually(lambda: stand_ins.struck()[row.fault.kind] > before)
    route.heal()
    found = route.transport.find(sent)
    assert type(found) is row.found
    assert eventually(lambda: route.holds(sent) == (row.found is Found))


@pytest.mark.parametrize(("name", "row"), FAILING, ids=str)
def test_what_a_fault_kept_from_arriving_arrives_once_when_it_is_over(routes: dict[str, Route], name: str, row: Row) -> None:
    route, sent = routes[name], routes[name].report()
    route.strike(row.fault)
    outcome(route, sent)
    route.heal()
    if isinstance(route.transport.find(sent), Absent):
        route.transport.send(sent)
    assert eventually(lambda: route.holds(sent) == 1)
    if route.stand.transport == "sftp":
        inbox = home_of(route.stand_ins.folder, route.stand) / "in" / "soh"
        assert [path.name for path in inbox.iterdir() if sent.name in path.name] == [sent.name]


# --- at every point of the way

ON_THE_WAY = {"sftp": ("connect", "login", "stat", "list", "open", "write", "close", "rename"), "rest": ("connect", "login", "post", "put")}


def points(kind: str) -> list[tuple[str, str]]:
    """Where on the way of each transport a kind can strike."""
    reachable = Fault(kind).may_strike_at
    return [
        (name, at) for name in FAR_ENDS for at in ON_THE_WAY[FAR_ENDS[name].transport] if at in reachable and (name, at) not in NO_LOGIN
    ]


NO_LOGIN = {(name, "login") for name in ("rest", "https")}  # each request brings its key along


@pytest.mark.parametrize(("kind", "name", "at"), [(kind, *where) for kind in ("reset", "stall", "lost-response") for where in points(kind)])
def test_wherever_it_breaks_off_the_error_and_find_are_true(
    routes: dict[str, Route], stand_ins: StandIns, kind: str, name: str, at: str
) -> None:
    route, before = routes[name], stand_ins.struck()[kind]
    sent = route.report(PayloadKind.ATTACHMENT if at == "put" else PayloadKind.RECORDS)
    route.strike(Fault(kind, force=route.stand.force, at=at, times=1, seconds=LONG))
    came = outcome(route, sent)
    assert stand_ins.struck()[kind] == before + 1
    assert isinstance(came, Unavailable | Uncertain)
    _tells_the_truth(route, sent, came)


@pytest.mark.parametrize("every", range(1, 5))
@pytest.mark.parametrize("kind", ["reset", "disk-full", "lost-response"])
def test_whichever_piece_of_an_upload_it_strikes_nothing_has_arrived(routes: dict[str, Route], kind: str, every: int) -> None:
    route, sent = routes["sftp"], routes["sftp"].report()
    route.strike(Fault(kind, at="write", every=every, times=1))
    came = outcome(route, sent)
    assert type(came) is Unavailable
    _tells_the_truth(route, sent, came)


def _tells_the_truth(route: Route, sent: Payload, came: object) -> None:
    """`Unavailable` means that it is not there; whatever `find` says is so; and in the end it is there once."""
    route.heal()
    found = route.transport.find(sent)
    assert isinstance(found, Found | Absent)
    assert eventually(lambda: route.holds(sent) == isinstance(found, Found))
    if isinstance(came, Unavailable):
        assert isinstance(found, Absent)
    assert isinstance(route.transport.send(sent), Receipt)
    assert eventually(lambda: route.holds(sent) == 1)


def _strikes_together() -> list[tuple[str, Fault]]:
    """Every fault, at every point of the way, at the first of many and later."""
    plain = [(name, replace(row.fault, every=every)) for name, row in CASES for every in (1, 3)]
    plain = [(name, fault) for name, fault in plain if fault.every == 1 or not _strikes_once(name, fault)]
    broken = [(kind, *where) for kind in ("reset", "stall", "lost-response") for where in points(kind)]
    return [*plain, *((name, Fault(kind, at=at, every=every, seconds=LONG)) for kind, name, at in broken for every in (1, 3))]


def _strikes_once(name: str, fault: Fault) -> bool:
    """Whether there is one instant alone at which it can strike: SFTP has one connection, and a port is closed or open."""
    return fault.kind == "connection-refused" or (name == "sftp" and "connect" in KINDS[fault.kind].points)


@pytest.mark.parametrize(
    ("name", "fault"),
    _strikes_together(),
    ids=lambda each: each if isinstance(each, str) else f"{each.kind}-{each.status}-{each.at}-{each.every}",
)
def test_whatever_strikes_many_that_are_sent_together_each_is_told_what_is_so(
    routes: dict[str, Route], stand_ins: StandIns, name: str, fault: Fault
) -> None:
    route, before = routes[name], stand_ins.struck()[fault.kind]
    kind = PayloadKind.ATTACHMENT if fault.at == "put" else PayloadKind.RECORDS
    sent = [route.report(kind, size) for size in (0, 10, 40_000, 300_000, 100, 200)]
    assert isinstance(route.transport, Together)
    route.strike(fault)
    told = route.transport.send_together(sent, lambda: None)
    assert stand_ins.struck()[fault.kind] > before or fault.every > 1 or fault.kind == "silent"
    route.heal()
    for one, became in zip(sent, told, strict=True):
        found = route.transport.find(one)
        assert isinstance(found, Found | Absent)
        assert isinstance(found, Found) or not isinstance(became, Receipt)
        assert isinstance(found, Absent) or not isinstance(became, Unavailable | Misconfigured | Refused | None)
    again = [one for one in sent if isinstance(route.transport.find(one), Absent)]
    assert all(isinstance(became, Receipt) for became in route.transport.send_together(again, lambda: None))
    assert eventually(lambda: [route.holds(one) for one in sent] == [1] * len(sent))
    if name == "sftp":
        inbox = home_of(route.stand_ins.folder, route.stand) / "in" / "soh"
        assert {path.name for path in inbox.iterdir() if any(one.name in path.name for one in sent)} == {one.name for one in sent}


@pytest.mark.parametrize("name", ["rest", "https"])
@pytest.mark.parametrize("row", [row for row in OVER_REST if row.error], ids=str)
def test_of_many_requests_the_one_that_is_struck_is_told_its_own_error(routes: dict[str, Route], name: str, row: Row) -> None:
    route, sent = routes[name], [routes[name].report(size=2000) for _ in range(8)]
    assert isinstance(route.transport, Together)
    route.heal()  # the test before may have left it with its gate closed
    if row.fault.kind == "connection-refused":
        route.strike(row.fault)
    else:
        route.strike(replace(row.fault, times=1))
    told = route.transport.send_together(sent, lambda: None)
    failed = [one for one in told if isinstance(one, DeliveryError | Misconfigured)]
    assert {(type(one), one.code, getattr(one, "retry_after", None)) for one in failed} == {(row.error, row.code, row.retry_after)}
    if row.fault.kind != "connection-refused":
        assert len(failed) == 1
        assert sum(isinstance(one, Receipt) for one in told) >= (7 if row.error is Refused else 3)


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize(
    ("name", "fault"),
    [
        *(("sftp", Fault(kind, at=at)) for kind in ("reset", "stall", "lost-response") for at in ("connect", "login", "stat", "read")
          if at in Fault(kind).may_strike_at),
        *(("sftp", Fault(kind)) for kind in ("connection-refused", "password-refused", "wrong-host-key", "no-stat")),
        *((name, Fault(kind, at="find", seconds=0.3 if kind == "drip" else LONG)) for name in ("rest", "https")
          for kind in ("reset", "stall", "lost-response", "truncated", "wrong-content-type", "drip")),
        *(("rest", Fault("status", at="find", status=status)) for status in (429, 500, 503)),
        *(("https", Fault(kind)) for kind in ("connection-refused", "password-refused", "expired-certificate")),
    ],
    ids=str,
)  # fmt: skip
def test_a_look_up_that_fails_never_says_what_is_not_so(routes: dict[str, Route], name: str, fault: Fault, there: bool) -> None:
    route, sent = routes[name], routes[name].report()
    route.heal()  # the test before may have left it with its gate closed
    if there:
        route.transport.send(sent)
    route.transport.close()  # so that it meets the gate again
    route.strike(fault)
    try:
        found = route.transport.find(sent)
    except (Unavailable, Misconfigured):
        return
    assert type(found) in ({Found, CannotTell} if there else {Absent, CannotTell})


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        *(("sftp", Fault(kind, at=at)) for kind in ("reset", "stall", "lost-response") for at in ("list", "read")),
        *(("rest", Fault(kind, at="acknowledgements", seconds=0.3 if kind == "drip" else LONG))
          for kind in ("reset", "stall", "lost-response", "truncated", "wrong-content-type", "drip", "status")),
    ],
    ids=str,
)  # fmt: skip
def test_acknowledgements_that_cannot_be_fetched_now_are_fetched_later(
    routes: dict[str, Route], stand_ins: StandIns, name: str, fault: Fault
) -> None:
    route, sent, before = routes[name], routes[name].report(), stand_ins.struck()[fault.kind]
    route.transport.send(sent)
    assert eventually(lambda: bool(_unsaid(route)))
    route.strike(fault)
    with suppress(Unavailable):
        list(route.transport.acknowledgements(None))
    assert stand_ins.struck()[fault.kind] > before
    route.heal()
    mine = stand_ins.holdings()[route.stand.force, route.stand.route].reports[-1].submission_id
    assert mine in [said.submission_id for said in route.transport.acknowledgements(None)]


def _unsaid(route: Route) -> list[object]:
    return list(route.transport.acknowledgements(None))


def test_half_a_batch_is_refused_and_the_other_half_held(routes: dict[str, Route]) -> None:
    route, batch = routes["rest"], [routes["rest"].report() for _ in range(6)]
    route.strike(Fault("refuse", every=2))
    came = [outcome(route, sent) for sent in batch]
    assert [type(one) for one in came] == [Receipt, Refused] * 3
    assert [route.holds(sent) for sent in batch] == [1, 0] * 3


def test_an_instance_that_goes_down_cuts_what_is_open_and_comes_back_by_itself(routes: dict[str, Route]) -> None:
    for route in routes.values():
        first, second = route.report(), route.report()
        route.transport.send(first)
        route.strike(Fault("connection-refused", force=route.stand.force, times=1, seconds=0.5))
        came = outcome(route, second)
        assert isinstance(came, Unavailable | Uncertain)
        assert eventually(route.answers)
        assert route.holds(second) == 0
        assert isinstance(route.transport.send(second), Receipt)


# --- stand-ins with habits


@pytest.mark.parametrize("habit", [habit for habit in HABITS if habit != "collects"])
def test_a_habit_is_no_hindrance(routes: dict[str, Route], habit: str) -> None:
    route, sent = routes["sftp"], routes["sftp"].report()
    inbox = home_of(route.stand_ins.folder, route.stand) / "in" / "soh"
    orphan = inbox / f".{sent.name}.0badcafe.part"
    orphan.write_bytes(b"left behind")
    route.strike(Fault(habit))
    assert route.transport.send(sent) == Receipt(sent.key, detail="renamed")
    found = route.transport.find(sent)
    assert type(found) is (CannotTell if habit == "no-stat" else Found)
    assert eventually(lambda: route.holds(sent) == 1)
    assert orphan.exists() is (habit in ("no-overwrite", "no-listing"))
    assert eventually(lambda: sent.name in [said.batch.replace(".ack.json", ".xml") for said in route.transport.acknowledgements(None)])


@pytest.mark.parametrize("habit", [None, *(habit for habit in HABITS if habit != "collects")])
def test_what_is_there_is_never_replaced_by_other_bytes(routes: dict[str, Route], habit: str | None) -> None:
    route, sent = routes["sftp"], routes["sftp"].report()
    there = home_of(route.stand_ins.folder, route.stand) / "in" / "soh" / sent.name
    there.write_bytes(b"another's")
    if habit:
        route.strike(Fault(habit))
    assert isinstance(outcome(route, sent), DeliveryError | Misconfigured)
    assert there.read_bytes() == b"another's"


def test_a_force_that_takes_files_away_has_them_and_cannot_be_asked(stand_ins: StandIns) -> None:
    route = Route(stand_ins, COLLECTS)
    sent = route.report()
    assert route.transport.send(sent) == Receipt(sent.key, detail="renamed")
    assert isinstance(route.transport.find(sent), CannotTell)
    assert list((home_of(stand_ins.folder, COLLECTS) / "in" / "soh").iterdir()) == []
    assert (collected_of(stand_ins.folder, COLLECTS) / sent.name).read_bytes() == sent.open().read()
    assert eventually(lambda: len(_unsaid(route)) == 1)
    assert route.holds(sent) == 1
    route.transport.close()


def test_a_force_that_takes_files_away_leaves_an_unanswered_rename_open(stand_ins: StandIns) -> None:
    route = Route(stand_ins, COLLECTS)
    sent = route.report()
    route.strike(Fault("lost-response", force="surrey"))
    assert type(outcome(route, sent)) is Uncertain
    route.heal()
    assert isinstance(route.transport.find(sent), CannotTell)
    assert eventually(lambda: route.holds(sent) == 1)
    route.transport.close()


def test_every_point_is_somewhere_on_the_way_of_a_transport() -> None:
    tried = {*ON_THE_WAY["sftp"], *ON_THE_WAY["rest"], "find", "acknowledgements", "read", "remove"}
    assert tried >= {*SFTP_REQUESTS, *REST_REQUESTS}
