"""A person asks: everything held about one submission is handed out, or erased. Either stands in its history."""

import os
import zipfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from shutil import copyfileobj
from typing import BinaryIO

import orjson

from hub.contracts import Spoilt
from hub.ledger import erasing, legal_holds, subjects
from hub.ledger.boxes import Altered
from hub.ledger.changes import note
from hub.ledger.choosing import Chosen, Wanted, choose
from hub.ledger.ledger import Ledger
from hub.ledger.operating import Done
from hub.ledger.trace import trace
from hub.steps.operate import Desk, NotDone
from hub.words import Purpose, State

_CHUNK = 1 << 20


def _meant(ledger: Ledger, name: str) -> list[Chosen]:
    """Every arrival of what was named. Raises NotDone where there is none."""
    found = choose(ledger, Wanted((name,)), set(State), (Purpose.PRIMARY,))
    if not found:
        raise NotDone(f"The ledger has no submission {name}.")
    return found


def export(desk: Desk, name: str, to: Path) -> list[str]:
    """Write everything held about a submission into a zip file that the hub's user alone can read. Returns what could not be had, and why.

    Raises NotDone where there is no such submission or the file is there already, and OSError where it cannot be written.
    """
    chosen, missing = _meant(desk.ledger, name), []
    try:
        descriptor = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise NotDone(f"{to} is there already: name another file.") from None
    with os.fdopen(descriptor, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as out:
        for one in chosen:
            missing += _write(desk.ledger, one, out)
    for one in chosen:
        with desk.ledger.write() as connection:
            note(connection, one.force, desk.author("export"), [(one.report_id, one.state, one.code, None)])
    return missing


def _write(ledger: Ledger, one: Chosen, out: zipfile.ZipFile) -> list[str]:
    folder, missing = f"arrival-{one.submission}", []
    for held in subjects.held(ledger, one.submission):
        name, note_ = f"{folder}/{held.name}", held.note
        if held.source is not None:
            note_ = _copied(held.source, out, name)
        if note_:
            missing.append(f"{name}: {note_}")
    said = subjects.about(ledger, one.submission)
    named = one.submission_id or one.reference
    said["way"] = [asdict(each) for each in trace(ledger, named)] if named else []
    out.writestr(f"{folder}/ledger.json", orjson.dumps(said, option=orjson.OPT_INDENT_2, default=str))
    return missing


def _copied(held: BinaryIO, out: zipfile.ZipFile, name: str) -> str:
    """What is wrong with the bytes; nothing where they were copied whole."""
    try:
        with held as source, out.open(name, "w", force_zip64=True) as target:
            copyfileobj(source, target, _CHUNK)
    except (Altered, Spoilt):
        return "not as it was kept"
    return ""


def erase(desk: Desk, name: str) -> Done:
    """Erase everything held about a submission but its history: every arrival of it, or none. Raises NotDone."""
    chosen, done = _meant(desk.ledger, name), Done()
    for one, why in _kept(desk.ledger, chosen):
        done.refuse(one, why)
    if done.refused:
        return done
    if not desk.dry_run:
        authors = {one.submission: desk.author("erase") for one in chosen}
        erased = erasing.erase(desk.ledger, list(authors), authors)
        for one in chosen:
            if one.submission not in erased:
                done.refuse(one, "it changed meanwhile: look at it again")
        desk.ledger.database.clear_log()
        chosen = [one for one in chosen if one.submission in erased]
    for one in chosen:
        done.by_force[one.force] += 1
    return done


def _kept(ledger: Ledger, chosen: Sequence[Chosen]) -> list[tuple[Chosen, str]]:
    """Those that may not be erased, and why."""
    held = {hold.submission for hold in legal_holds.legally_held(ledger)}
    neighbours = erasing.held_beside(ledger, [one.submission for one in chosen])
    found: list[tuple[Chosen, str]] = []
    for one in chosen:
        if one.submission in held:
            found.append((one, "it is under a legal hold: `soh-hub hold list` says whose"))
        elif state := erasing.not_ended(ledger, one.submission):
            found.append((one, f"it is {state}, not at an end: settle or withdraw it first"))
        elif day := subjects.erased_at(ledger, one.submission):
            found.append((one, f"it was erased on {day:%Y-%m-%d}"))
        elif drop := neighbours.get(one.submission):
            found.append((one, f"our copy of the drop {drop} also holds a report that is under a legal hold"))
    return found
