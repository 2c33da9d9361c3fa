"""A pandas and paramiko script, as a team would first write it: read, map, write, upload, rename; one file after the other."""

import base64
import io
import json
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import paramiko

sys.path.insert(0, str(Path(__file__).parents[2]))
from bench.peers.flat import FIELDS, flat
from bench.peers.go import begin

AT_MOST = 500


def work(shape: str, intake: Path, server: dict[str, Any]) -> None:
    rows = pd.DataFrame([flat(file.read_bytes()) for file in sorted(intake.glob("*.json"))], columns=list(FIELDS))
    ssh = paramiko.SSHClient()
    host = f"[{server['host']}]:{server['port']}"
    kind, key = server["host_key"].split()
    ssh.get_host_keys().add(host, kind, paramiko.Ed25519Key(data=base64.b64decode(key)))
    ssh.connect(server["host"], server["port"], server["username"], key_filename=server["key"], allow_agent=False, look_for_keys=False)
    sftp = ssh.open_sftp()
    sftp.chdir(server["directory"])
    if shape == "drops":
        for number, begin_at in enumerate(range(0, len(rows), AT_MOST), 1):
            upload(sftp, f"drop-{number:06d}.csv", rows.iloc[begin_at : begin_at + AT_MOST].to_csv(index=False).encode())
    else:
        for row in rows.to_dict("records"):
            upload(sftp, f"{row['SUBMISSION_ID']}.json", json.dumps(row, ensure_ascii=False).encode())
    ssh.close()


def upload(sftp: paramiko.SFTPClient, name: str, body: bytes) -> None:
    """Whole before it has its name."""
    sftp.putfo(io.BytesIO(body), f".{name}.part", confirm=False)
    sftp.posix_rename(f".{name}.part", name)


if __name__ == "__main__":
    begin(work)
