"""Carries payloads to an SFTP server: a temporary name, then a rename when it is whole."""

import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import BinaryIO

from adapters import settings as adapter_settings
from adapters.secrets import login
from adapters.transports.acknowledgements import Fault, to_be_told
from adapters.transports.capabilities import Capability
from adapters.transports.sftp import acknowledging, looking, together
from adapters.transports.sftp.border import answered, border
from adapters.transports.sftp.keys import private_key
from adapters.transports.sftp.session import Leftover, Session
from adapters.transports.sftp.settings import Settings
from adapters.transports.sftp.uploading import Upload, discard, furthest, new_part, resume, write
from hub.contracts import (
    STOPS,
    Absent,
    Acknowledgement,
    Became,
    CannotTell,
    DeliveryError,
    Finding,
    Found,
    Listed,
    Misconfigured,
    Payload,
    Receipt,
    Spoilt,
    Unavailable,
    Uncertain,
)

TAKES_AWAY = CannotTell("the far end takes files away")


class SftpTransport:
    """One session for a route and a pass, opened when first needed; after any error the next call opens another.

    `faults` are the acknowledgements that could not be read, each once; their files are put aside as `<name>.bad`, and one that the
    server does not open is left where it is.
    """

    parallel = 1
    capabilities = frozenset({Capability.FINDS, Capability.ACKNOWLEDGES, Capability.STREAMS, Capability.LISTS, Capability.TOGETHER})

    def __init__(self, settings: Mapping[str, object]) -> None:
        self._settings = adapter_settings.read(Settings, settings, "transport 'sftp'")
        self._where = f"sftp://{self._settings.host}:{self._settings.port}"
        self._session: Session | None = None
        self._put_aside: set[str] = set()
        self._stamps: dict[str, acknowledging.Stamp | None] = {}  # of acknowledgement files, as they were read
        self.faults: dict[Fault, None] = {}

    def send(self, payload: Payload) -> Receipt:
        """Writes the payload whole, or not at all under its final name. What is there already is never replaced by other bytes."""
        final = self._path(payload.name)
        with self._far_end(payload.size) as session:
            there = looking.look(session, payload, final, self._settings.read_back)
            if isinstance(there, Found):
                return Receipt(payload.key, detail="found")
            if there == looking.DIFFERS:
                raise _name_taken(self._where, payload)
            part = self._upload(session, payload)
            self._rename(session, part, final, payload, may_replace=isinstance(there, Absent))
            return Receipt(payload.key, detail="renamed")

    def send_together(self, payloads: Sequence[Payload], check: Callable[[], None]) -> list[Became | None]:
        """What became of each, as `send` returns or raises it; None where it was not begun. Small files go many at a time."""
        told: list[Became | None] = []
        for some in together.batches(payloads):
            check()
            told += self._send_batch(some) if len(some) > 1 else [self._told(some[0])]
            if any(isinstance(one, STOPS) for one in told):
                break
        return told + [None] * (len(payloads) - len(told))

    def _told(self, payload: Payload) -> Became:
        try:
            return self.send(payload)
        except (DeliveryError, Misconfigured, Spoilt) as error:
            return error

    def _send_batch(self, payloads: Sequence[Payload]) -> list[Became | None]:
        files = [together.file_of(payload, self._settings.directory) for payload in payloads]
        ready = [file for file in files if self._is_ready(file)]
        try:
            with self._far_end(sum(file.payload.size for file in ready)) as session:
                for file in ready:
                    file.is_alone = bool(self._known_leftovers(session).get(file.payload.name))
                together.write(session.pipeline, [file for file in ready if not file.is_alone])
                with border(self._where, self._is_gone, Uncertain):
                    together.rename(session.pipeline, [file for file in ready if file.is_written])
        except (DeliveryError, Misconfigured) as error:
            for file in ready:
                file.told = file.told or self._cut_off(file, error)
            return [file.told for file in files]
        for file in sorted(ready, key=lambda file: file.is_alone):  # what was begun has its end, whatever became of the others
            if not file.is_alone or not any(isinstance(one.told, STOPS) for one in files):
                file.told = self._ended(file)
        return [file.told for file in files]

    def _is_ready(self, file: together.File) -> bool:
        """Whether there is anything to send: what the hub's own copy is not fit for is told at once."""
        payload = file.payload
        try:
            self._path(payload.name)
            with _opened(payload) as body:
                file.body = body.read()
            if not together.is_as_sealed(file):
                raise _altered(payload)
        except (DeliveryError, Misconfigured, Spoilt) as error:
            file.told = error
        return file.told is None

    def _cut_off(self, file: together.File, error: DeliveryError | Misconfigured) -> Became | None:
        """What an error that ended the session means for one file: nothing, where it had its name before, or was not begun."""
        if file.has_answer and file.error is None:
            return Receipt(file.payload.key, detail="renamed")
        if isinstance(error, Uncertain) and not file.is_written:
            return None
        return error

    def _ended(self, file: together.File) -> Became:
        """What became of a file whose steps were all answered; what was out of the ordinary is done by itself."""
        payload = file.payload
        if file.is_alone:
            return self._told(payload)
        if file.has_answer and file.error is None:
            return Receipt(payload.key, detail="renamed")
        try:
            with self._far_end(payload.size) as session:
                if file.is_written:
                    self._rename(session, file.part, self._path(payload.name), payload, may_replace=True)
                    return Receipt(payload.key, detail="renamed")
                if file.error:
                    raise file.error
                raise self._cut_short(payload)
        except (DeliveryError, Misconfigured) as error:
            return error

    def find(self, payload: Payload) -> Finding:
        """Whether the far end has this payload. An error here says nothing of what was sent before."""
        with self._far_end(payload.size) as session:
            there = looking.look(session, payload, self._path(payload.name), self._settings.read_back)
        if isinstance(there, Absent) and self._settings.collects:
            return TAKES_AWAY
        return there

    def listing(self) -> Iterator[Listed] | CannotTell:
        """What lies in the directory. A far end that takes files away shows what it has not taken yet, which says nothing."""
        return TAKES_AWAY if self._settings.collects else self._listed()

    def read(self, name: str, at_most: int) -> bytes | CannotTell:
        """A file of the directory, whole, or why not."""
        path = self._path(name)
        with self._far_end(at_most) as session:
            return looking.read(session, path, at_most)

    def _listed(self) -> Iterator[Listed]:
        is_whole = False
        try:
            with self._far_end(acknowledging.LARGEST) as session:  # as much time as for a long file
                for file in looking.listed(session, self._settings.directory):
                    if not acknowledging.is_one(file.name):
                        yield file
            is_whole = True
        finally:
            if not is_whole:
                self.close()  # answers to what was asked ahead would be taken for those to the next question

    def acknowledgements(self, cursor: str | None) -> Iterator[Acknowledgement]:  # noqa: ARG002 - files have no cursor: settle deletes them
        """What every acknowledgement file says, oldest file first. There is no cursor: `settle` deletes what was read."""
        folder = self._settings.acknowledgements
        if folder is None:
            return
        with self._far_end() as session:
            files = acknowledging.files(session, folder)
        for file in files:
            with self._far_end(acknowledging.LARGEST) as session:
                read = acknowledging.read(session, folder, file)
                self.faults |= dict.fromkeys(read.faults)
                self._stamps[file] = read.stamp
                if read.damaged and not read.said:
                    acknowledging.put_aside_if_let(session, folder, file)
            if read.damaged:
                self._put_aside.add(file)
            yield from read.said

    @property
    def unreadable(self) -> int:
        """How many acknowledgements could not be read, and files of them that the server does not open."""
        return to_be_told(self.faults)

    def settle(self, batch: str) -> None:
        """Deletes an acknowledgement file, or puts it aside where lines could not be read. One that was written anew since stays."""
        folder = self._settings.acknowledgements
        if folder is None:
            return
        with self._far_end() as session:
            if acknowledging.is_as_read(session, folder, batch, self._stamps.get(batch)):
                let_go = acknowledging.put_aside if batch in self._put_aside else acknowledging.delete
                let_go(session, folder, batch)
        self._put_aside.discard(batch)
        self._stamps.pop(batch, None)

    def retract(self, payload: Payload) -> bool:
        """Takes a probe back: whether no file of its name is there afterwards. Never called for a payload of a drop."""
        path = self._path(payload.name)
        with self._far_end() as session:
            with suppress(OSError):
                session.client.remove(path)
            return looking.is_absent(session, path)

    def close(self) -> None:
        """Ends the session. Never raises."""
        session, self._session = self._session, None
        if session:
            session.close()

    @contextmanager
    def _far_end(self, size: int = 0) -> Iterator[Session]:
        """The session, for something that takes as long as `size` bytes; whatever fails in it did not arrive."""
        try:
            with border(self._where, self._is_gone, Unavailable):
                session = self._open()
                with session.within(self._settings.timeouts.for_size(size)):
                    yield session
        except (DeliveryError, Misconfigured):
            self.close()
            raise

    def _open(self) -> Session:
        if self._session is None or self._session.gone:
            self.close()
            credentials = login(self._settings.credentials)
            key = private_key(self._settings.credentials, credentials)
            self._session = Session(self._settings)
            self._session.open(credentials, key)
        return self._session

    def _is_gone(self) -> bool:
        return self._session is None or self._session.gone

    def _path(self, name: str) -> str:
        if "/" in name or "\0" in name or name.startswith("."):
            raise Misconfigured("bad-name", "a payload's name must be a plain file name")
        return posixpath.join(self._settings.directory, name)

    def _upload(self, session: Session, payload: Payload) -> str:
        """The temporary name under which all of it lies now; what an earlier try brought of a large payload is used again."""
        lefts = self._leftovers(session, payload.name)
        left = furthest(lefts, payload) if payload.size > self._settings.resume_over else None
        for other in lefts:
            if other != left:
                discard(session, self._at(other.file))
        if left and self._resume(session, self._at(left.file), left.size or 0, payload):
            return self._at(left.file)
        part = new_part(self._settings.directory, payload)
        with _opened(payload) as body, self._undone(session, part, payload):
            self._check(session, part, payload, write(session, part, body))
        return part

    def _resume(self, session: Session, part: str, size: int, payload: Payload) -> bool:
        """Whether the payload is whole now. Where the server does not let us go on, or holds other bytes, it begins anew."""
        with _opened(payload) as body, self._undone(session, part, payload):
            upload = resume(session, part, size, body)
            if upload:
                self._check(session, part, payload, upload)
                self._read_back(session, part, payload)
        if not upload:
            discard(session, part)
        return upload is not None

    def _leftovers(self, session: Session, name: str) -> list[Leftover]:
        """What earlier tries left of this payload, where the server lets us list."""
        return self._known_leftovers(session).pop(name, [])

    def _known_leftovers(self, session: Session) -> dict[str, list[Leftover]]:
        if session.leftovers is None:
            session.leftovers = looking.leftovers(session, self._settings.directory)
        return session.leftovers

    def _at(self, file: str) -> str:
        return posixpath.join(self._settings.directory, file)

    @contextmanager
    def _undone(self, session: Session, part: str, payload: Payload) -> Iterator[None]:
        """Whatever fails, the temporary file is removed again, unless the next try can go on from it."""
        try:
            yield
        except BaseException as error:
            if not (isinstance(error, TimeoutError) and payload.size > self._settings.resume_over):
                discard(session, part)
            raise

    def _check(self, session: Session, part: str, payload: Payload, upload: Upload) -> None:
        """The bytes as sealed were written, and the server has as many."""
        if (upload.offset, upload.digest.hexdigest()) != (payload.size, payload.digest):
            raise _altered(payload)
        if looking.size(session, part) not in (None, payload.size):
            raise self._cut_short(payload)

    def _cut_short(self, payload: Payload) -> Unavailable:
        return Unavailable("cut-short", f"{self._where} kept fewer bytes of {payload.name} than it was sent")

    def _read_back(self, session: Session, part: str, payload: Payload) -> None:
        if self._settings.verify and not isinstance(looking.look(session, payload, part, payload.size), Found):
            raise Unavailable("resumed-differs", f"{self._where} holds other bytes of {payload.name} than it was sent: it begins anew")

    def _rename(self, session: Session, part: str, final: str, payload: Payload, *, may_replace: bool) -> None:
        """From here on the payload may have arrived, unless the server answers that it has not."""
        with border(self._where, self._is_gone, Uncertain):
            try:
                _move(session, part, final, may_replace=may_replace)
            except OSError as error:
                if not answered(error, session.gone):
                    raise
                self._judge(session, part, final, payload)
                raise

    def _judge(self, session: Session, part: str, final: str, payload: Payload) -> None:
        """The server answered that it did not rename. Raises unless that answer says it all."""
        there = looking.look(session, payload, final, self._settings.read_back)
        if there == looking.DIFFERS:
            discard(session, part)
            raise _name_taken(self._where, payload)
        if isinstance(there, Found) or looking.is_absent(session, part):
            raise Uncertain("rename-unclear", f"{self._where} answered that it could not rename, yet {payload.name} is not where it was")
        discard(session, part)


def _move(session: Session, part: str, final: str, *, may_replace: bool) -> None:
    """Renames: `posix-rename` where the server has it and the name is certainly free, else the plain one, which replaces nothing."""
    if may_replace:
        try:
            session.client.posix_rename(part, final)
        except OSError as error:
            if not answered(error, session.gone):
                raise
        else:
            return
    session.client.rename(part, final)


@contextmanager
def _opened(payload: Payload) -> Iterator[BinaryIO]:
    """The payload's bytes; that the hub's own store cannot be read is no fault of the far end."""
    try:
        body = payload.open()
    except OSError as error:
        raise Unavailable("payload-unreadable", f"the hub cannot read its own {payload.name} ({type(error).__name__})") from None
    with body:
        yield body


def _altered(payload: Payload) -> Misconfigured:
    return Misconfigured("payload-altered", f"the hub's own copy of {payload.name} is not what was sealed: restore it from a back-up")


def _name_taken(where: str, payload: Payload) -> Misconfigured:
    why = "is there with other bytes: another hub delivers into this directory, or the ledger is not the one that sent it"
    return Misconfigured("name-taken", f"{where}: {payload.name} {why}")
