import json
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

ROOT = Path(__file__).resolve().parents[3]
VECTORS = str(Path(__file__).with_name("vectors.json"))


def in_an_empty_environment(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run manage.py as from a fresh clone: no variable, no .env, nothing that script/up has generated."""
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        cwd=ROOT, env={"NUMERAI_READ_ENV_FILES": "off"}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_chart_prints_readable_lines() -> None:
    printed = run("chart", "--name", "John Smith", "--birth-date", "1990-07-14", "--on", "2026-01-01")
    assert printed.startswith("JOHN SMITH, born 1990-07-14 (preset decoz)\n")


def test_chart_prints_json_with_options_set() -> None:
    printed = run(
        "chart", "--name", "John Smith", "--birth-date", "1990-07-14", "--json",
        "--set", "mode=total", "--set", "masters=[11,22,33,44]", "--gender", "male",
    )  # fmt: skip
    assert json.loads(printed)["core"]["expression"]["value"] == 44


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (["--birth-date", "1990-02-30"], "Give a date that exists"),
        (["--birth-date", "1990-07-14", "--set", "mode"], "--set takes key=value"),
        (["--birth-date", "1990-07-14", "--preset", "none"], "Known presets: decoz"),
    ],
)
def test_chart_refuses_with_one_clear_line(extra: list[str], message: str) -> None:
    with pytest.raises(CommandError) as error:
        run("chart", "--name", "John Smith", *extra)
    assert message in str(error.value)
    assert error.value.returncode == 1


def test_verify_vectors_passes_the_published_file() -> None:
    assert run("verify_vectors", VECTORS).rstrip().endswith("378 rows: 378 passed, 0 failed, 0 unsupported")


def test_verify_vectors_exits_with_one_when_a_row_fails(tmp_path: Path) -> None:
    path = tmp_path / "v.json"
    path.write_text('[{"quantity": "aura", "expected": 1}]', encoding="utf-8")
    with pytest.raises(SystemExit) as stop:
        run("verify_vectors", str(path))
    assert stop.value.code == 1


def test_verify_vectors_refuses_a_missing_file() -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        run("verify_vectors", "/nowhere.json")


@pytest.mark.parametrize(
    ("arguments", "last_line"),
    [
        (["chart", "--name", "Ann", "--birth-date", "1990-11-27", "--on", "1991-01-01"], "Personal year"),
        (["verify_vectors", VECTORS], "378 rows: 378 passed"),
    ],
)
def test_needs_no_settings_at_all(arguments: list[str], last_line: str) -> None:
    done = in_an_empty_environment(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].startswith(last_line)


@pytest.mark.parametrize("command", ["chart", "verify_vectors", "serve", "rotate_field_encryption", "lift_suppression"])
def test_help_needs_no_settings_either(command: str) -> None:
    done = in_an_empty_environment(command, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"usage: manage.py {command}")


def test_what_needs_settings_says_which() -> None:
    done = in_an_empty_environment("check")
    assert done.returncode == 1
    assert "SECRET_KEY is missing" in done.stderr
    assert "Traceback" not in done.stderr
