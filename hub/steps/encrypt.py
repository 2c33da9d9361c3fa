"""Encrypt: what only the force may read is made so once, before it is sealed, so that a retry sends the same bytes."""

from collections.abc import Sequence
from dataclasses import replace

from hub.contracts import Encoded, Encryption, Spoilt
from hub.ledger.arrivals import Kept
from hub.ledger.ledger import Ledger
from hub.ledger.queue import Claimed
from hub.ledger.sealed import open_sealed
from hub.steps.ready import Ready

Fault = tuple[Claimed, str, str]  # a report that waits for a person: with what code, and where


def encrypt_records(encryption: Encryption | None, encoded: Sequence[Encoded]) -> list[Encoded]:
    """The same payloads, each readable by the force alone and named so; as they are where the route does not ask for it."""
    return [_encrypted(encryption, each) for each in encoded] if encryption else list(encoded)


def _encrypted(encryption: Encryption, each: Encoded) -> Encoded:
    return replace(each, name=each.name + encryption.suffix, media_type=encryption.media_type, body=encryption.encrypt(each.body))


def encrypt_attachments(ledger: Ledger, encryption: Encryption | None, ready: Sequence[Ready]) -> tuple[list[Ready], list[Fault]]:
    """The same reports, their attachments encrypted in the store; those of which one is spoilt there come back as faults."""
    if encryption is None:
        return list(ready), []
    done: list[Ready] = []
    faults: list[Fault] = []
    for each in ready:
        try:
            files = tuple(_stored(ledger, encryption, each, kept) for kept in each.claimed.attachments)
        except Spoilt as spoilt:
            faults.append((each.claimed, spoilt.code, "attachments"))
        else:
            done.append(replace(each, claimed=each.claimed._replace(attachments=files)))
    return done, faults


def _stored(ledger: Ledger, encryption: Encryption, ready: Ready, kept: Kept) -> Kept:
    """An attachment, read whole and held against its digest before anything of it is sealed."""
    was = kept.stored
    with (
        open_sealed(ledger.store, was.body, was.uri, f"attachment {kept.number}", was.size, was.digest, was.secret) as source,
        encryption.encrypted(source) as encrypted,
    ):
        return replace(kept, stored=ledger.store.stream(ready.claimed.force, encrypted))
