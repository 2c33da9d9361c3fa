"""Bots EDI: a route from a folder through a mapping script to an SFTP channel, run once by its engine.

Everything that Bots keeps is made anew below `PEER_HOME`: its configuration, its SQLite database (the one that it ships) with two channels,
a route and a translation, and the scripts. That is done before the clock starts; the clock runs while `bots-engine` does.
"""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import bots

sys.path.insert(0, str(Path(__file__).parents[3]))
from bench.peers.flat import FIELDS
from bench.peers.go import begin

_ROOT = Path(__file__).parents[3]
_HOME = Path(os.environ["PEER_HOME"]) / "bots"
_SHIPPED = Path(bots.__file__).parent / "install"
_MAPPING = """
import bots.transform as transform
from bench.peers.flat import flat

def main(inn, out):
    out.put(dict([('BOTSID', 'report')] + list(flat(inn.root).items())))
    out.ta_info['botskey'] = out.get({'BOTSID': 'report', 'SUBMISSION_ID': None})
"""
_IN = "syntax = {}\n"
_JSON = "syntax = {'defaultBOTSIDroot': 'report'}\n"
_CSV = """
from bots.botsconfig import *
syntax = {{'charset': 'utf-8', 'envelope': 'csvheader', 'merge': True, 'noBOTSID': True, 'field_sep': ',', 'quote_char': '"',
          'record_sep': '\\r\\n', 'escape': '', 'skip_firstline': False}}
structure = [{{ID: 'report', MIN: 1, MAX: 1000000}}]
recorddefs = {{'report': [['BOTSID', 'C', 6, 'A'], {fields}]}}
"""
_KEY = "def privatekey(channeldict):\n    return {key!r}, 'RSA', None\n"


def prepare(shape: str, intake: Path, server: Mapping[str, Any]) -> None:
    """A Bots installation of its own, ready to run."""
    for folder in ("config", "botssys/sqlitedb", "usersys/mappings/raw", "usersys/communicationscripts", "usersys/grammars/raw"):
        (_HOME / folder).mkdir(parents=True, exist_ok=True)
    shutil.copytree(_SHIPPED.parent / "usersys", _HOME / "usersys", dirs_exist_ok=True)
    for package in [_HOME / "config", *(path for path in (_HOME / "usersys").rglob("*") if path.is_dir()), _HOME / "usersys"]:
        (package / "__init__.py").touch()
    ini = (_SHIPPED / "bots.ini").read_text()
    ini = re.sub(r"(?m)^botssys *=.*$", f"botssys = {_HOME / 'botssys'}", ini)
    ini = re.sub(r"(?m)^maxsecondsperchannel *=.*$", "maxsecondsperchannel = 36000", ini)
    ini = re.sub(r"(?m)^whencleanup *=.*$", "whencleanup = never", ini)
    (_HOME / "config" / "bots.ini").write_text(re.sub(r"(?m)^maxruntime *=.*$", "maxruntime = 600", ini))
    settings = (_SHIPPED / "settings.py").read_text()
    (_HOME / "config" / "settings.py").write_text(
        re.sub(r"(?m)^BOTSSYS_PATH *=.*$", f"BOTSSYS_PATH = {str(_HOME / 'botssys')!r}", settings)
    )
    scripts = _HOME / "usersys"
    (scripts / "mappings" / "raw" / "flat.py").write_text(_MAPPING)
    (scripts / "grammars" / "raw" / "submission.py").write_text(_IN)
    (scripts / "grammars" / "jsonnocheck" / "report.py").write_text(_JSON)
    fields = ", ".join(f"['{name}', 'C', 100000, 'AN']" for name in FIELDS)
    (scripts / "grammars" / "csv" / "report.py").write_text(_CSV.format(fields=fields))
    (scripts / "communicationscripts" / "farend.py").write_text(_KEY.format(key=server["rsa_key"]))
    _fill(shape, intake, server)


def _fill(shape: str, intake: Path, server: Mapping[str, Any]) -> None:
    """Two channels, a route and a translation in Bots' own database."""
    database = _HOME / "botssys" / "sqlitedb" / "botsdb"
    shutil.copy(_SHIPPED / "botsdb", database)
    editype, ending = ("csv", "csv") if shape == "drops" else ("jsonnocheck", "json")
    name = "{unique}" if shape == "drops" else "{botskey}"
    with sqlite3.connect(database) as connection:
        _insert(
            connection,
            "channel",
            idchannel="intake",
            inorout="in",
            type="file",
            charset="utf-8",
            path=str(intake),
            filename="*.json",
            remove=1,
        )
        there = {"host": server["host"], "port": server["port"], "username": server["username"], "path": server["directory"]}
        renamed = {"filename": f"{name}.{ending}.part", "mdnchannel": ".part"}
        _insert(connection, "channel", idchannel="farend", inorout="out", type="sftp", charset="utf-8", **there, **renamed)
        read = {"active": 1, "fromeditype": "raw", "frommessagetype": "submission"}
        _insert(connection, "routes", idroute="reports", seq=1, fromchannel_id="intake", tochannel_id="farend", translateind=1, **read)
        _insert(connection, "translate", tscript="flat", toeditype=editype, tomessagetype="report", **read)


def _insert(connection: sqlite3.Connection, table: str, **given: object) -> None:
    """What is not given is empty, where the table wants something."""
    row: dict[str, object] = {}
    for _, name, kind, wanted, _, key in connection.execute(f"pragma table_info({table})"):
        if wanted and not (key and kind == "integer"):
            row[name] = "" if kind.startswith("varchar") else 0
    row.update(given)
    columns = ", ".join(f'"{name}"' for name in row)
    connection.execute(f"insert into {table} ({columns}) values ({', '.join('?' * len(row))})", list(row.values()))  # noqa: S608 - our own names


def work(_shape: str, _intake: Path, _server: dict[str, Any]) -> None:
    environment = {**os.environ, "PYTHONPATH": f"{_HOME}{os.pathsep}{_ROOT}"}
    engine = str(Path(sys.executable).parent / "bots-engine")
    command = [engine, "-cconfig", "--new"]
    done = subprocess.run(command, cwd=_HOME, env=environment, stdout=sys.stderr, check=False)  # noqa: S603 - the peer's own
    if done.returncode not in (0, 2):
        raise SystemExit(f"bots-engine ended with {done.returncode}")


if __name__ == "__main__":
    import json

    prepare(sys.argv[1], Path(sys.argv[2]), json.loads(Path(sys.argv[3]).read_text()))
    begin(work)
