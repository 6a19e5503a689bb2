"""The settings and their documentation say the same."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def names_in_example() -> set[str]:
    return set(re.findall(r"^([A-Z][A-Z0-9_]*)=", (ROOT / ".env.example").read_text(), re.MULTILINE))


def names_read_by(file: Path) -> set[str]:
    """Return the environment variables that a module asks for: env.str("X"), _read("int", "X"), os.environ.get("X")."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            constants = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
            if called.startswith("env.") or called in ("_read", "_switch", "os.environ.get"):
                names |= {c for c in constants if re.fullmatch(r"[A-Z][A-Z0-9_]+", c)}
    return names


def test_env_example_names_every_setting_and_nothing_else():
    read = names_read_by(ROOT / "numerai" / "settings.py") | names_read_by(
        ROOT / "ops" / "management" / "commands" / "serve.py"
    )
    assert names_in_example() == read
