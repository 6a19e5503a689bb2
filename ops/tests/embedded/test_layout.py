from __future__ import annotations

import os
import re
import stat
import tempfile
from base64 import urlsafe_b64decode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from ops.embedded import EmbeddedError, layout
from ops.embedded.secrets import GENERATORS, ensure_secrets, read_pairs


def test_a_new_folder_is_closed_and_its_parent_is_left_alone(tmp_path):
    parent = tmp_path / "open"
    parent.mkdir(mode=0o755)
    layout.make_private(parent / "closed")
    assert stat.S_IMODE((parent / "closed").stat().st_mode) == 0o700
    assert stat.S_IMODE(parent.stat().st_mode) == 0o755


def test_a_folder_that_is_a_link_is_refused(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(EmbeddedError, match="belongs to somebody else"):
        layout.make_private(tmp_path / "link")


@pytest.mark.skipif(os.geteuid() != 0, reason="giving a folder away needs root")
def test_a_folder_of_somebody_else_is_refused(tmp_path):
    (tmp_path / "theirs").mkdir()
    os.chown(tmp_path / "theirs", 12345, 12345)
    with pytest.raises(EmbeddedError, match="belongs to somebody else"):
        layout.make_private(tmp_path / "theirs")


def test_sockets_lie_beside_the_data_where_the_path_is_short_and_plain():
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="numerai-test-") as home:
        assert layout.socket_folder(Path(home)) == Path(home) / "run"


@pytest.mark.parametrize("name", ["with spaces", "x" * 100, "ünïcode"])
def test_sockets_lie_under_the_temporary_folder_where_the_path_cannot_stand_in_an_address(tmp_path, name):
    home = tmp_path / name
    home.mkdir()
    folder = layout.socket_folder(home)
    assert re.fullmatch(r".*/numerai-\d+-[0-9a-f]{12}", str(folder))
    folder.rmdir()


def test_a_full_disk_is_one_sentence(tmp_path):
    with pytest.raises(EmbeddedError, match=r"^The disk under .* is full: \d+ MB are free and the product needs"):
        layout.require_space(tmp_path, 10**9, "the product")


def test_secrets_are_made_once_and_kept(tmp_path):
    first = ensure_secrets(tmp_path / "secrets.env")
    assert ensure_secrets(tmp_path / "secrets.env") == first
    assert set(first) == {*GENERATORS, "VAPID_PUBLIC_KEY"}
    assert stat.S_IMODE((tmp_path / "secrets.env").stat().st_mode) == 0o600


def test_a_secret_that_a_later_version_needs_is_added_and_the_others_stay(tmp_path):
    file = tmp_path / "secrets.env"
    file.write_text("SECRET_KEY=mine\n")
    made = ensure_secrets(file)
    assert made["SECRET_KEY"] == "mine"
    assert read_pairs(file) == made


def test_the_vapid_pair_is_what_push_services_expect(tmp_path):
    made = ensure_secrets(tmp_path / "secrets.env")
    public = urlsafe_b64decode(made["VAPID_PUBLIC_KEY"] + "=")
    private = urlsafe_b64decode(made["VAPID_PRIVATE_KEY"] + "=")
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)
    assert ec.derive_private_key(int.from_bytes(private), ec.SECP256R1()).public_key() == point
