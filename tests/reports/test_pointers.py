import pytest

from hub.reports.pointers import at_fault, values

DOCUMENT = {
    "customerReferenceNumber": "R",
    "digitalReport": {
        "incident": {"occurredFrom": "x", "cctv": True},
        "people": [{"dateOfBirth": "a"}, {"dateOfBirth": "b", "roles": []}],
        "odd/name~": 1,
    },
}


def test_every_value_has_a_pointer_of_its_own() -> None:
    assert [(one.pointer, one.value) for one in values(DOCUMENT)] == [
        ("/customerReferenceNumber", "R"),
        ("/digitalReport/incident/occurredFrom", "x"),
        ("/digitalReport/incident/cctv", True),
        ("/digitalReport/people/0/dateOfBirth", "a"),
        ("/digitalReport/people/1/dateOfBirth", "b"),
        ("/digitalReport/people/1/roles", []),
        ("/digitalReport/odd~1name~0", 1),
    ]


@pytest.mark.parametrize(
    ("where", "pointers"),
    [
        ("incident.occurred_from", ["/digitalReport/incident/occurredFrom"]),
        ("digitalReport.incident.occurredFrom", ["/digitalReport/incident/occurredFrom"]),
        ("digitalReport.people[1].dateOfBirth", ["/digitalReport/people/1/dateOfBirth"]),
        ("people.date_of_birth", ["/digitalReport/people/0/dateOfBirth", "/digitalReport/people/1/dateOfBirth"]),
        ("reference", ["/customerReferenceNumber"]),
        ("incident.offence", ["/digitalReport/incident/offence"]),  # is missing: where it would stand
        ("missing.risk", []),
        ("persons/SURNAME", []),
        ("not-our-area", []),
        ("", []),
        (None, []),
    ],
)
def test_what_a_quarantine_names_is_found_in_the_submission(where: str | None, pointers: list[str]) -> None:
    assert at_fault(DOCUMENT, where) == pointers
    assert at_fault(None, where) == []
