import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

VECTORS = str(Path(__file__).with_name("vectors.json"))


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
