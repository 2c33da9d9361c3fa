"""Text that breaks careless formats reaches each kind of records system letter by letter."""

from pathlib import Path

import pytest

from hub.forces.registry import Registry
from sandbox.stand_ins import StandIns
from tests.end_to_end.carrying import carry, held_of, outcomes
from tests.end_to_end.conftest import OpenHub
from tests.end_to_end.far_values import records, rows, rows_by_pandas, values
from tests.end_to_end.intake import Wire, crime, put

ONE_OF_EACH = ("avon-and-somerset", "durham", "lancashire", "cumbria", "greater-manchester", "kent")
DIFFICULT = {
    "welsh": "Ŵyth o’r gloch: tŷ, gŵr, cân, ïon",
    "quotes": "He said \"it's mine\", ‘no’, “na”, ''",
    "lines": "one\ntwo\n\nfour\r\nfive\n",
    "delimiters": "a,b;c|d\te",
    "markup": "<b>&amp;]]> <!-- x --> {{y}} %s ${z}",
    "formula": '=HYPERLINK("http://x.example")',
    "space": "  two before and two after  ",
    "astral": "🚲 stolen, 𝔚",
    "null": "NULL",
    "not-available": "NA",
    "number": "007",
    "exponent": "1e5",
    "backslash": "C:\\n\\\\share\\",
}


def _difficult(force: str) -> Wire:
    """A report with one thing of each kind in its property, and all of it in its text."""
    wire = crime(force, submissionContent="OFFICIAL\n" + "\n".join(DIFFICULT.values()))
    wire["digitalReport"]["property"] = [
        {"id": f"I-{kind}", "status": "stolen", "description": text, "serialNumber": f"00{number}"}
        for number, (kind, text) in enumerate(DIFFICULT.items())
    ]
    return wire


@pytest.fixture
def sent(registry: Registry, tmp_path: Path) -> dict[str, Wire]:
    """One such report for a force of each profile, by force."""
    found = {force: _difficult(registry.forces[force].pnc_code) for force in ONE_OF_EACH}
    for force, wire in found.items():
        put(tmp_path / "intake", f"{force}.json", wire)
    return found


def test_difficult_text_reaches_each_kind_of_records_system_letter_by_letter(
    hub_of: OpenHub, stand_ins: StandIns, registry: Registry, sent: dict[str, Wire], tmp_path: Path
) -> None:
    assert {force.primary_on(hub_of().clock.today()).profile for slug, force in registry.forces.items() if slug in sent} == {  # type: ignore[union-attr]  # each has one
        "niche-style", "red-sigma-style", "connect-style", "mark43-style", "policeworks-style", "athena-style",
    }  # fmt: skip
    hub = hub_of()
    carry(hub, tmp_path / "intake")
    assert set(outcomes(hub.ledger).values()) == {("accepted", None)}
    held = held_of(stand_ins, hub.ledger)
    for force, wire in sent.items():
        told = values(held[force, "records-system"])[wire["submissionId"]]
        wanted = {wire["submissionContent"], *DIFFICULT.values(), *(item["serialNumber"] for item in wire["digitalReport"]["property"])}
        assert wanted - told == set(), force
    kent = held["kent", "records-system"]
    for payload in records(kent):
        assert rows(kent, payload) == rows_by_pandas(kent, payload)
