"""The container files, as far as they can be checked without a container engine."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import yaml
from compose_spec import PyCompose

ROOT = Path(__file__).resolve().parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text()


@pytest.fixture(scope="module")
def services() -> dict:
    """Return the services as the compose specification's own parser reads them, merge keys resolved as engines do."""
    resolved = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    PyCompose.from_yaml(yaml.safe_dump(resolved))
    return resolved["services"]


def test_yamllint_finds_nothing():
    yamllint = [
        sys.executable,
        "-m",
        "yamllint",
        "--strict",
        "-d",
        "{extends: default, rules: {line-length: {max: 120}, document-start: disable}}",
    ]
    done = subprocess.run([*yamllint, ROOT / "docker-compose.yml"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_dockerfile_passes_hadolint():
    hadolint = Path(sysconfig.get_path("scripts")) / "hadolint"
    done = subprocess.run([hadolint, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_image_runs_as_a_user_without_rights():
    assert "\nUSER 10001\n" in DOCKERFILE


@pytest.mark.parametrize("app", ["numerai", "notifications", "authentication", "payments", "core", "ops"])
def test_the_image_holds_every_app(app):
    assert f"COPY {app} {app}\n" in DOCKERFILE


def test_every_app_is_known_to_the_test_above():
    apps = {folder.parent.name for folder in ROOT.glob("*/apps.py")} | {"numerai"}
    assert apps == {"numerai", "notifications", "authentication", "payments", "core", "ops"}


def test_compose_has_the_servers_and_the_roles(services):
    assert set(services) == {
        "postgres",
        "valkey",
        "migrate",
        "content",
        "api",
        "stream",
        "worker",
        "worker-urgent",
        "beat",
    }


@pytest.mark.parametrize("role", ["api", "stream", "worker", "worker-urgent", "beat"])
def test_each_role_plays_its_own_part_from_the_one_image(services, role):
    assert services[role]["environment"]["NUMERAI_ROLE"] == role
    assert services[role]["image"] == "numerai"


@pytest.mark.parametrize("role", ["migrate", "content", "api", "stream", "worker", "worker-urgent", "beat"])
def test_the_settings_of_each_service_are_accepted(services, role):
    env = {"PATH": os.environ["PATH"], "NUMERAI_READ_ENV_FILES": "off", **services[role]["environment"]}
    check = "import numerai.checks as checks; checks.refuse_bad_settings()"
    env["DJANGO_SETTINGS_MODULE"] = "numerai.settings"
    done = subprocess.run([sys.executable, "-c", check], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("role", ["api", "stream", "worker", "worker-urgent", "beat"])
def test_each_role_waits_for_tables_and_texts(services, role):
    assert services[role]["depends_on"]["content"]["condition"] == "service_completed_successfully"
    assert services["content"]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"


class _Asked(BaseHTTPRequestHandler):
    """Remembers by which name and address it was asked."""

    def do_GET(self):
        self.server.asked.append((self.headers["Host"], self.path))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.mark.parametrize(
    ("allowed", "host"),
    [("app.example.com,api.example.com", "app.example.com"), (" .example.com", "example.com"), ("*", "localhost")],
)
def test_the_health_check_asks_by_a_name_that_the_server_answers_to(allowed, host):
    """Django refuses a request for 127.0.0.1 where only the public names are allowed."""
    *_, code = json.loads(re.search(r"CMD (\[\"python\", \"-c\", .*\])", DOCKERFILE)[1])
    with HTTPServer(("127.0.0.1", 0), _Asked) as server:
        server.asked = []
        threading.Thread(target=server.handle_request, daemon=True).start()
        env = {"PATH": os.environ["PATH"], "PORT": str(server.server_port), "ALLOWED_HOSTS": allowed}
        done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, server.asked) == (0, [(host, "/health/live")]), done.stderr


def test_compose_uses_the_database_version_that_the_product_needs(services):
    assert services["postgres"]["image"] == "postgres:18"


@pytest.mark.parametrize("role", ["api", "stream"])
def test_ports_are_open_on_this_machine_only(services, role):
    assert str(services[role]["ports"][0]).startswith("127.0.0.1:")
