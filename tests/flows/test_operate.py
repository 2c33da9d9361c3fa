import asyncio
import os
import subprocess
import sys
from collections.abc import Coroutine
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, cast
from uuid import UUID

import pytest
from prefect.exceptions import PrefectHTTPStatusError
from prefect.flow_engine import load_flow_and_flow_run, run_flow
from prefect.flows import Flow
from prefect.types.entrypoint import EntrypointType

from flows import operate
from flows.deployments import ACTIONS
from flows.operate_acts import Words, end_of_action
from flows.operate_forms import Reports
from flows.server import PrefectServer
from flows.stage import end_of
from flows.wiring import Hub
from hub.ledger.holds import paused_endpoints
from hub.ledger.operating import Done, Refusal
from hub.ledger.tables import changes, owners, pauses
from hub.reasons import ReleaseReason, RerouteReason
from hub.settings import PROJECT
from hub.steps.operate_endpoints import endpoints
from tests.flows.conftest import HubOf
from tests.flows.server import Row, ask, post
from tests.ledger.making import rows, submission_id
from tests.steps.house import House
from tests.steps.plights import in_doubt, rejected

pytestmark = pytest.mark.xdist_group("prefect")

WORDS = Words("Released", "released", "They leave.")


class Ended(NamedTuple):
    """A run as Prefect has it on record."""

    name: str
    state: str
    message: str


class Forms:
    """The actions' deployments at a real server: a form is sent to it as its UI does, and the run is begun as a worker begins it."""

    def __init__(self, server: PrefectServer) -> None:
        self.server = server

    @cache  # noqa: B019 - for one test
    def deploy(self, name: str) -> str:
        action: Flow[..., Any] = getattr(operate, name)
        deployment = action.to_deployment(name=name, entrypoint_type=EntrypointType.MODULE_PATH)
        return str(deployment.apply())  # type: ignore[union-attr]  # Prefect's types have it awaited too

    def send(self, name: str, **parameters: object) -> str:
        """The id of the run that the form makes. Raises PrefectHTTPStatusError where the server refuses what is in it."""
        made = post(self.server, f"/deployments/{self.deploy(name)}/create_flow_run", {"parameters": parameters})
        return str(made["id"])

    def run(self, name: str, **parameters: object) -> Ended:
        """Run it in this process."""
        number = self.send(name, **parameters)
        flow_run, flow = load_flow_and_flow_run(UUID(number))
        asyncio.run(cast(Coroutine[Any, Any, Any], run_flow(flow, flow_run=flow_run, return_type="state")))
        return self.ended(number)

    def run_apart(self, name: str, **parameters: object) -> Ended:
        """Run it in a process of its own, as a worker does."""
        number = self.send(name, **parameters)
        command = [sys.executable, "-m", "prefect.engine", number]
        ran = subprocess.run(command, cwd=PROJECT, env=os.environ, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return self.ended(number)

    def ended(self, number: str) -> Ended:
        (row,) = self.on_record(number)
        return Ended(row["name"], row["state_name"], row["state"]["message"])

    def on_record(self, number: str) -> list[Row]:
        return ask(self.server, "flow_runs", flow_runs={"id": {"any_": [number]}})


@pytest.fixture
def forms(prefect_server: PrefectServer) -> Forms:
    return Forms(prefect_server)


@pytest.fixture
def house(hub_of: HubOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """On the ledger that a flow of this environment opens, with the same far ends."""
    hub: Hub = hub_of()
    monkeypatch.setenv("HUB_ENDPOINTS", str(hub.settings.endpoints))
    monkeypatch.setenv("HUB_HOME", str(tmp_path / "home"))
    return House(hub.ledger, hub.registry)


def _authors(house: House, action: str) -> list[tuple[str | None, str | None, int]]:
    return [(row["actor"], row["reason"], row["reports"]) for row in rows(house.ledger, changes) if row["action"] == action]


def test_a_released_report_waits_again_and_the_history_claims_to_know_nobody(forms: Forms, house: House) -> None:
    rejected(house, 1, 2)
    end = forms.run_apart("release", which={"names": [submission_id(1)]}, reason="field-map-corrected")
    assert house.states() == ["waiting", "quarantined rejected"]
    assert end == (
        f"Release {submission_id(1)}: field-map-corrected",
        "Released",
        "1 report released (essex 1). They leave with the dispatcher's next pass. They are checked and mapped anew.",
    )
    assert _authors(house, "release") == [("unverified (Prefect)", "field-map-corrected", 1)]


def test_reports_are_rerouted_by_force_and_code_after_a_look(forms: Forms, house: House) -> None:
    rejected(house, 1, 2)
    form = {"which": {"force": "essex", "code": "rejected"}, "to": "kent", "reason": "not-their-area"}
    looked = forms.run("reroute", **form, only_look=True)
    assert (looked.state, house.states()) == ("Only looked", ["quarantined rejected"] * 2)
    assert looked.message == "2 reports would be re-routed (essex 2). Nothing was changed."

    end = forms.run("reroute", **form)
    assert (end.name, end.state) == ("Re-route all of essex with rejected to kent: not-their-area", "Re-routed")
    assert sorted(house.states()) == ["re-routed"] * 2 + ["waiting"] * 2


def test_what_is_in_doubt_is_settled(forms: Forms, house: House) -> None:
    in_doubt(house, 1, 2)
    end = forms.run("settle", which={"names": ["#1", "#2"]}, what="arrived", reason="force-said-so")
    assert (end.name, end.state) == ("Settle #1, #2 as arrived: force-said-so", "Settled")
    assert house.states() == ["delivered"] * 2


def test_what_would_break_a_law_is_refused_as_a_failed_run_that_says_why(forms: Forms, house: House) -> None:
    house.sealed(1)
    house.deliver()
    end = forms.run("release", which={"names": [submission_id(1)]}, reason="force-agreed")
    assert (end.state, house.states()) == ("Refused", ["delivered"])
    assert "1 refused, it is delivered: the force has it" in end.message


def test_a_force_is_paused_and_resumed(forms: Forms, house: House) -> None:
    assert forms.run("pause", force="kent", reason="maintenance").state == "Paused"
    assert [(row["force"], row["actor"]) for row in rows(house.ledger, pauses)] == [("kent", "unverified (Prefect)")]
    assert forms.run("resume", force="kent", reason="maintenance-over").state == "Resumed"
    assert rows(house.ledger, pauses) == []


def test_prefect_is_given_and_stores_identifiers_and_choices_alone(forms: Forms) -> None:
    right: dict[str, object] = {"which": {"names": ["#1", submission_id(1), "SOH-26NOV-8F3K2A"]}, "reason": "force-agreed"}
    names = [{"names": [name]} for name in ("Mary Smith", "mary@example.com", "07700900123", "#1 she rang")]
    others = [{"force": "rutland"}, {"code": "no-such-code"}, {"route": "High Street"}, {"note": "she rang"}]
    (stored,) = forms.on_record(forms.send("release", **right))
    assert stored["parameters"] == right
    before = len(ask(forms.server, "flow_runs"))
    forms_filled_wrongly: list[dict[str, object]] = [{"reason": "she rang"}, *({"which": which} for which in [*names, *others])]
    for wrong in forms_filled_wrongly:
        with pytest.raises(PrefectHTTPStatusError) as refused:
            forms.send("release", **right | wrong)
        assert refused.value.response.status_code == 409, wrong
    assert len(ask(forms.server, "flow_runs")) == before


def test_every_parameter_of_every_form_has_help_and_every_reason_is_a_choice() -> None:
    for name in ACTIONS:
        action: Flow[..., Any] = getattr(operate, name)
        form = action.parameters
        shown = [*form.properties.items(), *form.definitions.get("Reports", {"properties": {}})["properties"].items()]
        assert [f"{name}: {key}" for key, field in shown if not field.get("description")] == []
        if name != "take":  # to say who works on something needs none
            reason = form.definitions[form.properties["reason"]["$ref"].rpartition("/")[2]]
            assert len(reason["enum"]) > 1
        assert action.flow_run_name


def test_the_form_to_reroute_offers_forces_codes_and_reasons() -> None:
    form = operate.reroute.parameters
    forces = sorted(path.stem for path in (PROJECT / "mappings" / "forces").glob("*.yaml"))
    fields = form.definitions["Reports"]["properties"]
    assert form.properties["to"]["enum"] == forces
    assert fields["force"]["enum"] == ["any", "unknown", *forces]
    assert {"unknown-force", "no-contact", "rejected"} <= set(fields["code"]["enum"])
    assert form.definitions["RerouteReason"]["enum"] == [str(reason) for reason in RerouteReason]
    assert [field["title"] for field in fields.values()] == ["Reports", "Of the force", "With the code", "On the route", "The oldest"]


def test_a_form_says_in_a_run_s_title_which_reports_are_meant() -> None:
    many = Reports(names=[f"#{number}" for number in range(1, 6)])
    assert str(many) == "#1, #2, #3 and 2 more"
    assert str(Reports(force="kent", code="no-contact", oldest=5)) == "the oldest 5 of kent with no-contact"
    assert many.wanted().names == ("#1", "#2", "#3", "#4", "#5")
    assert (many.wanted().force, many.wanted().oldest) == (None, None)


@pytest.mark.usefixtures("house", "prefect_server")
def test_a_form_that_says_no_report_is_refused_and_one_that_means_none_has_nothing_to_do() -> None:
    vague, none = Reports(), Reports(force="kent")
    ends = [operate.release(which, ReleaseReason.HUB_MENDED, return_state=True) for which in (vague, none)]
    said, nothing = (asyncio.run(end_of(end)) for end in ends)
    assert (said.name, said.is_failed(), "Say which reports" in (said.message or "")) == ("Refused", True, True)
    assert (nothing.name, nothing.message) == ("Nothing to do", "No report is meant that it could be done to.")


def test_a_run_that_did_some_and_refused_others_is_a_bad_end_with_each_reason_once() -> None:
    done = Done(refused=[Refusal(f"#{number}", "it is accepted") for number in range(1, 8)])
    done.by_force["kent"] += 2
    end = end_of_action(WORDS, done)
    assert (end.name, end.is_failed()) == ("Partly refused", True)
    assert end.message == "2 reports released (kent 2). 7 refused, it is accepted (#1, #2, #3, #4, #5 and 2 more)."


def test_a_far_end_is_paused_probed_and_resumed_and_reports_are_taken_from_forms(forms: Forms, house: House) -> None:
    rejected(house, 1, 2)
    end = forms.run("take", which={"force": "essex"}, owner="angharad.p")
    assert (end.name, end.state) == ("angharad.p takes all of essex", "Taken")
    assert [row["owner"] for row in rows(house.ledger, owners)] == ["angharad.p, unverified (Prefect)"] * 2

    (name,) = [name for name, forces in endpoints(house.registry).items() if "essex" in forces]
    looked = forms.run("pause_endpoint", endpoint=name, reason="maintenance", only_look=True)
    assert (looked.state, paused_endpoints(house.ledger)) == ("Only looked", set())
    assert forms.run("pause_endpoint", endpoint=name, reason="maintenance").state == "Paused"
    assert ["/".join(one) for one in paused_endpoints(house.ledger)] == [name]
    assert forms.run("probe", endpoint=name, reason="force-says-well").message == f"Nothing was changed. {name} is paused: resume it first."
    end = forms.run("resume_endpoint", endpoint=name, reason="maintenance-over")
    assert (end.name, end.state) == (f"Resume {name}: maintenance-over", "Resumed")
    assert forms.run("probe", endpoint=name, reason="force-says-well").state == "Nothing to do"
    with pytest.raises(PrefectHTTPStatusError):
        forms.send("take", which={"force": "essex"}, owner="Angharad Prys")
