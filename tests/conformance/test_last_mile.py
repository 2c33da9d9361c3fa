"""The last mile of SFTP as it is: every habit of a far end holds on OpenSSH and on ProFTPD."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from adapters.registry import make_transport
from hub.contracts import Found
from tests.conformance.last_mile import Drop, Habit, LastMile
from tests.conformance.payloads import payload
from tests.servers.openssh import OpenSSH
from tests.servers.proftpd import ProFTPD

DENIED: Mapping[Habit, tuple[str, ...]] = {
    Habit.REPLACES: (),
    Habit.PLAIN_RENAME: ("posix-rename",),
    Habit.KEEPS_ALL: ("remove", "posix-rename", "setstat", "fsetstat"),
    Habit.CANNOT_BE_LISTED: ("opendir", "readdir"),
}


def limit(*requests: str) -> str:
    return f"<Limit {' '.join(requests)}>\nDenyAll\n</Limit>"


DIRECTIVES: Mapping[Habit, str] = {
    Habit.REPLACES: "",
    Habit.PLAIN_RENAME: "SFTPExtensions -posixRename",
    Habit.KEEPS_ALL: f"AllowOverwrite off\n{limit('DELE', 'REMOVE')}",
    Habit.CANNOT_BE_LISTED: limit("OPENDIR", "READDIR", "LIST", "NLST", "MLSD"),
}


class TestLastMileOnOpenSSH(LastMile):
    @contextmanager
    def server(self, folder: Path, habit: Habit) -> Iterator[Drop]:
        with OpenSSH.start(folder, DENIED[habit]) as server:
            arriving, _ = server.drop("x")
            yield Drop(arriving, server.settings(arriving))


class TestLastMileOnProFTPD(LastMile):
    @contextmanager
    def server(self, folder: Path, habit: Habit) -> Iterator[Drop]:
        with ProFTPD.start(folder, DIRECTIVES[habit]) as server:
            arriving, _ = server.drop("x")
            yield Drop(arriving, server.settings(arriving))


def test_a_server_that_writes_to_hidden_names_of_its_own_takes_drops_beside_its_own_orphans(tmp_path: Path) -> None:
    with ProFTPD.start(tmp_path, "HiddenStores on") as server:
        arriving, _ = server.drop("hidden")
        sent = payload(b"report" * 50_000)
        orphans = [f".in.{sent.name}.", f".{sent.name}.0badcafe.part"]
        for orphan in orphans:
            (arriving / orphan).write_bytes(b"rep")
        transport = make_transport("sftp", server.settings(arriving))
        assert transport.send(sent).detail == "renamed"
        assert isinstance(transport.find(sent), Found)
        transport.close()
        assert (arriving / sent.name).read_bytes() == b"report" * 50_000
        assert sorted(path.name for path in arriving.iterdir()) == [orphans[0], sent.name]
