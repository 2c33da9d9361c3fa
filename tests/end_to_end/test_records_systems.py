"""Records systems that nobody here has seen, over REST: each a folder of data, loaded by the real registry and delivered to for real."""

import base64
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest

from adapters.keys import DEMO
from flows.wiring import Hub, open_hub
from hub.clock import Clock
from hub.ledger.account import account
from hub.ledger.fates import fates
from hub.ledger.tables import drops, payloads, reports
from hub.quality.checks import Checks
from hub.settings import Settings
from hub.steps.deliver import Delivered, deliver
from hub.steps.pick_up import pick_up
from hub.steps.prepare import prepare
from hub.steps.retry import Retry
from sandbox.sample.attachments import jpeg
from tests.ledger.ledgers import new_file
from tests.ledger.making import rows, submission_id, with_bytes
from tests.servers.records_systems import Collection, Council, FormTaker, RecordsSystem, Says, TokenSystem, as_json, served
from tests.steps.fakes import Judge, ListSource
from tests.steps.house import AT, sent

__all__ = ["new_file"]
PROFILES = Path(__file__).parents[1] / "profiles"
AT_ONCE = Retry(attempts=100, first=0.0, longest=0.0, jitter=0.0)
LOGIN = json.dumps({"username": "hub", "password": "made:up"})
BASIC = f"Basic {base64.b64encode(b'hub:made:up').decode()}"
TOKEN_BASIC = f"Basic {base64.b64encode(b'hub:made%3Aup').decode()}"
FORCE = """
force: essex
name: Essex Police
nation: England
pnc_code: "42"
records_system: {{style: {profile}, instance: unseen, evidence: made up}}
services: {{default: 2021-03-08}}
routes:
  - name: records-system
    purpose: primary
    profile: {profile}
    endpoint: {{instance: unseen, environment: sandbox}}
    transport: {transport}
"""


@dataclass
class Carrying:
    """A hub with one force, whose records system is of one of the profiles."""

    hub: Hub
    source: ListSource = field(default_factory=ListSource)

    def carry(self, *numbers: int, text: Callable[[int], str] = "Report {}".format, **others: object) -> Delivered:
        """Pick up, prepare and deliver, once."""
        files = others.pop("files", None)
        made = [sent(n, "42", files if n == 1 else None, submissionContent=f"OFFICIAL\n{text(n)}", **others) for n in numbers]  # type: ignore[arg-type]  # files by name
        self.source.waiting += made
        hub = self.hub
        pick_up(hub.ledger, self.source, hub.registry, hub.clock)
        prepare(hub.ledger, hub.registry, hub.format_of, cast(Checks, Judge()), hub.clock)  # the checks have tests of their own
        return self.deliver()

    def deliver(self) -> Delivered:
        route = self.hub.registry.forces["essex"].routes[0]
        return deliver(self.hub.ledger, route, self.hub.transport_of(route), self.hub.clock, AT_ONCE)

    def outcomes(self) -> list[tuple[str, str | None]]:
        assert account(self.hub.ledger).balanced
        return [(one.state, one.code) for one in fates(self.hub.ledger)]

    def where(self) -> list[str | None]:
        return [row["where"] for row in rows(self.hub.ledger, reports)]

    def references(self) -> list[str | None]:
        return [row["reference"] for row in rows(self.hub.ledger, reports)]


Open = Callable[[str, RecordsSystem, dict[str, object]], Carrying]


@pytest.fixture
def carrying(tmp_path: Path, new_file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Opens a hub whose one force has this profile, its far end this records system; `{origin}` in a setting is where that is."""
    monkeypatch.setenv("OPEN311_KEY", "canary-key")
    monkeypatch.setenv("TOKEN_CLIENT", LOGIN)
    monkeypatch.setenv("MULTIPART_LOGIN", LOGIN)
    monkeypatch.setenv("COLLECTION_TOKEN", "canary-token")
    with ExitStack() as stack:

        def opened(profile: str, system: RecordsSystem, transport: dict[str, object]) -> Carrying:
            origin = stack.enter_context(served(system))
            mappings = tmp_path / "mappings"
            shutil.copytree(PROFILES / profile, mappings / "profiles" / profile)
            (mappings / "forces").mkdir()
            settings = json.dumps(transport).replace("{origin}", origin)
            (mappings / "forces" / "essex.yaml").write_text(FORCE.format(profile=profile, transport=settings), encoding="utf-8")
            (tmp_path / "home").mkdir()
            shutil.copy(new_file, tmp_path / "home" / "ledger.db")
            where = {"HUB_HOME": str(tmp_path / "home"), "HUB_MAPPINGS": str(mappings)}
            hub = open_hub(Settings.read({**where, "HUB_KEYS": DEMO}), Clock.at(AT))
            stack.callback(hub.close)
            assert not hub.registry.broken
            return Carrying(hub)

        yield opened


# --- form-encoded, one request for each report, an API key as a parameter, the reference out of a JSON array

OPEN311: dict[str, object] = {"url": "{origin}/requests.json", "connections": "1"}


def test_an_open311_council_takes_each_report_as_a_form_and_its_reference_comes_out_of_an_array(carrying: Open) -> None:
    council = Council("canary-key")
    there = carrying("open311-style", council, OPEN311)
    done = there.carry(1, 2, 3, text=lambda n: f"Ŵyn & Siân = {n}?")
    assert (done.drops, done.reports, done.stopped) == (1, 3, None)
    assert there.outcomes() == [("delivered", None)] * 3
    assert there.references() == ["293944", "293945", "293946"]
    assert [form["description"] for form in council.held] == [[f"OFFICIAL\nŴyn & Siân = {n}?"] for n in (1, 2, 3)]
    assert council.held[0]["attribute[submission]"] == [submission_id(1)]
    assert [came.query["jurisdiction_id"] for came in council.came] == [["essex.example"]] * 3
    assert not any("idempotency-key" in came.headers or "content-digest" in came.headers for came in council.came)


def test_what_an_open311_council_refuses_goes_to_quarantine_with_its_code_and_no_other(carrying: Open) -> None:
    council = Council("canary-key")
    there = carrying("open311-style", council, OPEN311)
    there.carry(1)
    done = there.carry(2, category="CMP", digitalReport={"complaint": {"kind": "service"}, "people": []})
    assert done.refused == 1
    there.carry(3)
    assert there.outcomes() == [("delivered", None), ("quarantined", "refused"), ("delivered", None)]
    assert there.where()[1] == "service_code-not-found"


def test_a_wrong_key_stops_the_route_and_shows_nowhere(
    carrying: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    there = carrying("open311-style", Council("another"), OPEN311)
    monkeypatch.setenv("OPEN311_KEY", "canary-key")
    assert there.carry(1).stopped == "http-403"
    assert there.outcomes() == [("sealed", None)]
    assert "canary" not in caplog.text
    assert "canary" not in repr(there.hub.transport_of(there.hub.registry.forces["essex"].routes[0])._settings)  # type: ignore[attr-defined]  # what a debugger would show


# --- a token, a status that always says yes, a search

TOKEN: dict[str, object] = {
    "url": "{origin}/cases",
    "auth": {"name": "oauth2", "token_url": "{origin}/token", "credentials": "env:TOKEN_CLIENT", "scope": "cases.write"},
    "lookup": {"url": "{origin}/cases", "query": {"submission": "{submission_id}"}, "list": "/cases", "reference": "/cases/0/number"},
    "connections": "1",
}


def test_a_token_is_asked_for_once_and_again_when_the_far_end_no_longer_takes_it(carrying: Open) -> None:
    system = TokenSystem(TOKEN_BASIC, uses=3)
    there = carrying("token-style", system, TOKEN)
    there.carry(1, 2, 3, 4)
    assert there.outcomes() == [("delivered", None)] * 4
    assert there.references() == ["C-1", "C-2", "C-3", "C-4"]
    assert system.tokens == [0, 2]
    assert [came.path for came in system.came].count("/token") == 2
    case = next(came for came in system.came if came.path == "/cases")
    assert (case.method, case.headers["x-tenant"], case.headers["x-service"]) == ("PUT", "42", "crime")
    assert case.headers["x-request-id"].endswith(f"/{submission_id(1)}")


def test_many_at_once_share_a_token_and_what_it_no_longer_serves_goes_again_with_the_next(carrying: Open) -> None:
    system = TokenSystem(TOKEN_BASIC, uses=8)
    there = carrying("token-style", system, TOKEN | {"connections": "4"})
    there.carry(*range(1, 31))
    assert there.outcomes() == [("delivered", None)] * 30
    assert sorted(system.held) == sorted(submission_id(n) for n in range(1, 31))
    asked = [came.path for came in system.came].count("/token")
    assert 4 <= asked < 12  # once for each that was worn out: at most those that were under way ask too
    assert [came.path for came in system.came].count("/cases") <= 30 + 4 * asked


def test_a_client_that_gets_no_token_stops_the_route(carrying: Open) -> None:
    there = carrying("token-style", TokenSystem("Basic b3RoZXI="), TOKEN)
    assert there.carry(1).stopped == "token-refused"
    assert there.outcomes() == [("sealed", None)]


def test_a_token_that_is_refused_at_once_is_renewed_once_and_then_stops_the_route(carrying: Open) -> None:
    system = TokenSystem(TOKEN_BASIC, uses=0)
    there = carrying("token-style", system, TOKEN)
    assert there.carry(1).stopped == "http-401"
    assert [came.path for came in system.came] == ["/token", "/cases", "/token", "/cases"]


def test_a_200_that_says_no_is_a_refusal_with_its_code_and_one_that_says_busy_is_sent_again(carrying: Open) -> None:
    system = TokenSystem(
        TOKEN_BASIC, says_next=[as_json(200, {"ok": False, "error": "NO_TEXT"}), as_json(200, {"ok": False, "error": "BUSY"})]
    )
    there = carrying("token-style", system, TOKEN)
    assert there.carry(1).refused == 1
    assert there.carry(2).stopped == "BUSY"
    there.deliver()
    assert there.outcomes() == [("quarantined", "refused"), ("delivered", None)]
    assert there.where()[0] == "NO_TEXT"


def test_a_200_that_does_not_say_whether_it_is_well_is_looked_up(carrying: Open) -> None:
    system = TokenSystem(TOKEN_BASIC, says_next=[Says(200, b"{}")])
    there = carrying("token-style", system, TOKEN)
    assert there.carry(1).stopped == "answer-unreadable"
    assert there.deliver().reports == 1  # the search finds nothing: sent again
    assert list(system.held) == [submission_id(1)]


def test_a_lost_answer_is_found_by_the_search_and_never_sent_twice(carrying: Open) -> None:
    system = TokenSystem(TOKEN_BASIC, loses=True)
    there = carrying("token-style", system, TOKEN)
    assert there.carry(1).reports == 1
    assert there.references() == ["C-1"]
    assert [came.method for came in system.came if came.path == "/cases"] == ["PUT", "GET"]


# --- a batch, JSON:API, with people and vehicles included

COLLECTION: dict[str, object] = {"url": "{origin}/incidents"}


def half(number: int) -> str:
    return "refuse me" if number % 2 else "take me"


@pytest.mark.parametrize("status", [207, 409])
def test_of_a_batch_that_is_refused_in_part_those_reports_alone_go_to_quarantine(carrying: Open, status: int) -> None:
    system = Collection("canary-token", status)
    there = carrying("collection-style", system, COLLECTION)
    done = there.carry(*range(1, 7), text=half)
    assert (done.reports, done.refused, len(system.came)) == (3, 3, 1)
    assert there.outcomes() == [("quarantined", "refused"), ("delivered", None)] * 3
    assert there.where() == ["no-officer", None] * 3
    assert list(system.held) == [submission_id(n) for n in (2, 4, 6)]


def test_of_a_batch_that_is_refused_as_a_whole_the_reports_at_fault_go_to_quarantine_and_the_rest_is_sealed_anew(carrying: Open) -> None:
    system = Collection("canary-token", 422)
    there = carrying("collection-style", system, COLLECTION)
    done = there.carry(*range(1, 7), text=half)
    assert (done.reports, done.refused, done.waiting) == (0, 3, 3)
    assert system.held == {}
    assert there.carry().reports == 3
    assert there.outcomes() == [("quarantined", "refused"), ("delivered", None)] * 3
    assert [row["state"] for row in rows(there.hub.ledger, drops)] == ["voided", "delivered"]
    assert list(system.held) == [submission_id(n) for n in (2, 4, 6)]


def test_a_refusal_of_nobody_knows_which_report_is_in_doubt_and_never_called_delivered(carrying: Open) -> None:
    class Vague(Collection):
        def answer(self, came: object) -> Says:  # noqa: ARG002 - whatever came
            return as_json(207, {"errors": [{"code": "no-officer", "source": {"pointer": "/data/99/id"}}]})

    there = carrying("collection-style", Vague("canary-token"), COLLECTION)
    assert there.carry(1, 2).stopped == "refusals-unreadable"
    assert there.deliver().in_doubt == 2
    assert there.outcomes() == [("in doubt", None)] * 2


def test_people_and_vehicles_of_every_report_are_included_once_each(carrying: Open) -> None:
    system = Collection("canary-token", refuses=False)
    there = carrying("collection-style", system, COLLECTION)
    there.carry(
        1,
        2,
        digitalReport={
            "people": [{"id": "P1", "roles": ["reporter"], "familyName": "Prŷs"}],
            "vehicles": [{"id": "V1", "vrm": "AB12 CDE"}],
        },
    )
    document = json.loads(system.came[0].body)
    assert document["meta"]["count"] == 2
    assert [one["id"] for one in document["included"]] == [f"{submission_id(n)}/{i}" for n in (1, 2) for i in ("P1", "V1")]
    named = [one for report in document["data"] for related in report["relationships"].values() for one in related["data"]]
    assert {(one["type"], one["id"]) for one in named} == {(one["type"], one["id"]) for one in document["included"]}
    (payload,) = with_bytes(there.hub.ledger)
    assert there.hub.format_of(there.hub.registry.forces["essex"].routes[0]).count(payload["body"]) == 2


# --- multipart, the files in the same request

MULTIPART: dict[str, object] = {"url": "{origin}/cases", "lookup": {"url": "{origin}/cases/{key}", "absent": ["404"]}, "connections": "1"}
FILES = {"llun o'r tŷ.jpg": jpeg(bytes(range(256)) * 1_000), "b.txt": b""}


def test_a_report_and_its_files_arrive_in_one_request(carrying: Open) -> None:
    system = FormTaker(BASIC)
    there = carrying("multipart-style", system, MULTIPART)
    done = there.carry(1, 2, files=FILES)
    assert (done.reports, [came.method for came in system.came]) == (2, ["POST", "POST"])
    with_files, without = system.held.values()
    assert [(name, filename) for name, filename, _ in with_files if filename] == [
        ("media[]", f"{submission_id(1)}.1.jpg"),
        ("media[]", f"{submission_id(1)}.2.txt"),
    ]
    assert [content for _, filename, content in with_files if filename] == list(FILES.values())
    assert ("case.text", None, b"OFFICIAL\nReport 2") in without
    assert sorted(there.references(), key=str) == ["F/1", "F/2"]
    assert [row["receipt"] for row in rows(there.hub.ledger, payloads)] == ["inside", "inside", "http-201", "http-201"]


def test_after_a_lost_answer_the_files_are_still_there_and_nothing_comes_twice(carrying: Open) -> None:
    system = FormTaker(BASIC, loses=True)
    there = carrying("multipart-style", system, MULTIPART)
    assert there.carry(1, files=FILES).reports == 1
    assert [came.method for came in system.came] == ["POST", "GET"]
    assert there.outcomes() == [("delivered", None)]


def test_files_whose_route_was_stopped_between_them_and_the_report_still_come_with_it(
    carrying: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = FormTaker(BASIC)
    there = carrying("multipart-style", system, MULTIPART)
    monkeypatch.setenv("MULTIPART_LOGIN", json.dumps({"username": "hub", "password": "wrong"}))
    assert there.carry(1, files=FILES).stopped == "http-401"
    assert system.held == {}
    monkeypatch.setenv("MULTIPART_LOGIN", LOGIN)
    there.deliver()
    (parts,) = system.held.values()
    assert [content for _, filename, content in parts if filename] == list(FILES.values())
