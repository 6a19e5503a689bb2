"""What a development machine generates once and keeps in var/secrets.env."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

HEADER = "# Made by script/up for development on this machine. Not for production, never in git.\n"


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _vapid_pair() -> dict[str, str]:
    """Return a P-256 key pair as browsers and push services write it: raw bytes in unpadded base64url."""
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    private = key.private_numbers().private_value.to_bytes(32, "big")
    return {"VAPID_PRIVATE_KEY": _base64url(private), "VAPID_PUBLIC_KEY": _base64url(public)}


def _key_256() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


GENERATORS: dict[str, Callable[[], dict[str, str]]] = {
    "SECRET_KEY": lambda: {"SECRET_KEY": secrets.token_urlsafe(64)},
    "JWT_SECRET_KEY": lambda: {"JWT_SECRET_KEY": secrets.token_urlsafe(64)},
    "DATABASE_PASSWORD": lambda: {"DATABASE_PASSWORD": secrets.token_urlsafe(32)},
    "FIELD_ENCRYPTION_KEYS": lambda: {"FIELD_ENCRYPTION_KEYS": f"k1:{_key_256()}"},
    "BLIND_INDEX_KEY": lambda: {"BLIND_INDEX_KEY": _key_256()},
    "VAPID_PRIVATE_KEY": _vapid_pair,
}


def read_pairs(file: Path) -> dict[str, str]:
    """Return the NAME=value lines of an environment file; none if there is no file."""
    if not file.exists():
        return {}
    lines = (line.strip() for line in file.read_text().splitlines())
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#") and "=" in line)


def write_pairs(file: Path, pairs: dict[str, str], header: str) -> None:
    """Write NAME=value lines for this user's eyes only; a crash leaves the old file or the new one."""
    unfinished = file.with_name(f"{file.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(header)
        stream.writelines(f"{name}={value}\n" for name, value in pairs.items())
        stream.flush()
        os.fsync(stream.fileno())
    unfinished.replace(file)


def ensure_secrets(file: Path) -> dict[str, str]:
    """Return the machine's secrets, making those that are missing. What exists is never replaced."""
    known = read_pairs(file)
    missing = {name: make for name, make in GENERATORS.items() if name not in known}
    if missing:
        for make in missing.values():
            known |= make()
        write_pairs(file, known, HEADER)
    return known
