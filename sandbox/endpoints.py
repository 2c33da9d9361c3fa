"""How the hub reaches the stand-ins: their accounts and keys, and the file that names them (`HUB_ENDPOINTS`)."""

import secrets
from pathlib import Path

import orjson
import yaml

from hub.words import Environment
from sandbox.certificates import CA, make_certificates
from sandbox.files import write_whole
from sandbox.listening import HOST, ports
from sandbox.stands import Stand

ENDPOINTS = "endpoints.yaml"
HOST_KEY = "ssh_host_ed25519_key"
STRANGE_KEY = "strange_ed25519_key"  # shown where a fault wants another one


def make_secrets(folder: Path, stands: list[Stand]) -> None:
    """A host key, and a password or API key for every stand that has none yet: those of an earlier run hold on."""
    (folder / "secrets").mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in (HOST_KEY, STRANGE_KEY):
        _make_key(folder / name)
    if any(stand.tls for stand in stands):
        make_certificates(folder)
    for stand in stands:
        if not _secret(folder, stand).exists():
            token = secrets.token_urlsafe(24)
            write_whole(_secret(folder, stand), _login(stand.name, token) if stand.transport == "sftp" else token.encode())


def _make_key(path: Path) -> None:
    import asyncssh

    if not path.exists():
        key = asyncssh.generate_private_key("ssh-ed25519")
        write_whole(path.with_suffix(".pub"), key.export_public_key())
        write_whole(path, key.export_private_key())


def secret_of(folder: Path, stand: Stand) -> str:
    """The password of an SFTP account, or a REST endpoint's API key."""
    content = _secret(folder, stand).read_bytes()
    return str(orjson.loads(content)["password"]) if stand.transport == "sftp" else content.decode()


def write_endpoints(folder: Path, stands: list[Stand]) -> Path:
    """Writes the file that puts these stand-ins in place of every force's own far ends (docs/field-map.md)."""
    host_key = " ".join((folder / f"{HOST_KEY}.pub").read_text().split()[:2])
    reached: dict[str, dict[str, object]] = {}
    for stand in stands:
        port = ports(folder, stand.transport)[stand.instance]
        transport = _over_sftp(folder, stand, port, host_key) if stand.transport == "sftp" else _over_rest(folder, stand, port)
        reached.setdefault(stand.force, {})[stand.route] = {"endpoint": {"environment": str(Environment.SANDBOX)}, "transport": transport}
    write_whole(folder / ENDPOINTS, yaml.safe_dump(reached, sort_keys=True, width=200).encode())
    return folder / ENDPOINTS


def _over_sftp(folder: Path, stand: Stand, port: int, host_key: str) -> dict[str, object]:
    reached: dict[str, object] = {"host": HOST, "port": port, "host_key": host_key, "credentials": f"file:{_secret(folder, stand)}"}
    return reached | ({"collects": True} if "collects" in stand.habits else {})


def _over_rest(folder: Path, stand: Stand, port: int) -> dict[str, object]:
    url = f"{'https' if stand.tls else 'http'}://{HOST}:{port}/{stand.force}/{stand.route}"
    reached: dict[str, object] = {
        "url": f"{url}/incidents",
        "acknowledgements": f"{url}/acknowledgements",
        "api_key": f"file:{_secret(folder, stand)}",
    }
    return reached | ({"ca": str(folder / CA)} if stand.tls else {})


def _login(username: str, password: str) -> bytes:
    return orjson.dumps({"username": username, "password": password})


def _secret(folder: Path, stand: Stand) -> Path:
    return folder / "secrets" / stand.name
