"""The keys that encrypt what the hub keeps, by reference alone: `file:/path`, `env:NAME`, or what a key-management package calls its own.

Such a package adds itself in its `pyproject.toml`, and is called with what stands behind its name and the colon::

    [project.entry-points."soh_hub.keys"]
    vault = "our_vault.keys:VaultKey"

`HUB_KEYS="vault:soh/hub file:/etc/soh/old-key"` then asks it for the key `soh/hub`. The contract is `hub.contracts.MasterKey`.
"""

import secrets
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from adapters.secrets import REFERENCES, reveal
from hub.contracts import KeyRefused, MasterKey, Misconfigured
from hub.ledger.master_keys import NO_MASTERS, MasterKeys

GROUP = "soh_hub.keys"
DEMO = "none: this is a demo"
UNENCRYPTED = "unencrypted"  # behind the keys: what is not encrypted yet is read as well
SHORTEST = 32  # bytes of text
_NONCE = 12
_HOW = f'a reference to a key (file:/path or env:NAME). Only where no real report will ever be: HUB_KEYS="{DEMO}"'


class OwnKey:
    """A master key made of a secret that the hub itself is given. Shows nothing of it."""

    def __init__(self, secret: bytes) -> None:
        made = HKDF(SHA256(), 36, salt=None, info=b"soh-hub master key").derive(secret)
        self.name = made[32:].hex()
        self._cipher = AESGCM(made[:32])

    def wrap(self, secret: bytes, context: bytes) -> bytes:
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher.encrypt(nonce, secret, context)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        try:
            return self._cipher.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], context)
        except (InvalidTag, ValueError):
            raise KeyRefused from None


def master_keys(setting: str) -> MasterKeys:
    """The keys that HUB_KEYS refers to, the newest first. Raises Misconfigured with what is wrong, never a key."""
    if setting.strip() == DEMO:
        return NO_MASTERS
    words = setting.split()
    references = [word for word in words if word != UNENCRYPTED]
    if not references:
        raise Misconfigured("no-keys", f"HUB_KEYS is not set, and what the hub keeps must be encrypted: write {_HOW}")
    if len(words) - len(references) > 1 or UNENCRYPTED in words[:-1]:
        raise Misconfigured("bad-keys", f"HUB_KEYS: write {UNENCRYPTED} once, as its last word")
    return MasterKeys.of([_key(reference) for reference in references], plain_too=UNENCRYPTED in words)


def _key(reference: str) -> MasterKey:
    kind, colon, name = reference.partition(":")
    if kind in REFERENCES and colon:
        return _own(reference)
    for point in entry_points(group=GROUP, name=kind) if colon else ():
        try:
            return cast(Callable[[str], MasterKey], point.load())(name)
        except (ImportError, AttributeError) as error:
            raise Misconfigured("bad-keys", f"HUB_KEYS: '{kind}' ({point.value}) cannot be imported: {error}") from error
    raise Misconfigured("bad-keys", f"HUB_KEYS: {_described(kind, colon)}; write {_HOW}")


def _own(reference: str) -> OwnKey:
    secret = reveal(reference).get_secret_value().encode()
    if len(secret) < SHORTEST:
        why = f"the key of {reference} has {len(secret)} bytes: it needs {SHORTEST} at least, drawn at random"
        raise Misconfigured("bad-keys", f"HUB_KEYS: {why}")
    return OwnKey(secret)


def _described(kind: str, colon: str) -> str:
    """A word that is no reference may be a key that was written there by mistake: it is not repeated."""
    if not colon:
        return "one of its words is no reference"
    known = ", ".join(sorted({*REFERENCES, *(point.name for point in entry_points(group=GROUP))}))
    shown = kind if kind.isidentifier() and len(kind) < 20 else "what stands before a colon"
    return f"'{shown}' is not known (known: {known})"
