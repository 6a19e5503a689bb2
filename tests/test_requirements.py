"""What the product imports is what script/up and the image install: tests run with more, and would not notice."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
APPS = [*sorted(folder.parent.name for folder in ROOT.glob("*/apps.py")), "numerai"]
# For tests only, beside what it helps to test.
NOT_SERVED = {"numerai/api/testing.py"}


def locked(name: str) -> set[str]:
    return {plain(found) for found in re.findall(r"^([A-Za-z0-9._-]+)==", (ROOT / name).read_text(), re.MULTILINE)}


def plain(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def modules_of(app: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", f"{app}/*.py"], cwd=ROOT, capture_output=True, text=True, check=True)
    served = (name for name in listed.stdout.split() if "/tests/" not in name and name not in NOT_SERVED)
    return [ROOT / name for name in served if (ROOT / name).exists()]


def imported_by(module: Path) -> set[str]:
    """Return the modules that a module imports, at its top or later."""
    tree = list(ast.walk(ast.parse(module.read_text())))
    names = {alias.name for node in tree if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in tree if isinstance(node, ast.ImportFrom) and not node.level}
    return {name for name in names if name}


def foreign(modules: list[Path]) -> set[str]:
    """Return the packages that these modules import beside the standard library."""
    imported = {name.partition(".")[0] for module in modules for name in imported_by(module)}
    return imported - set(sys.stdlib_module_names)


@pytest.mark.parametrize("app", APPS)
def test_everything_an_app_imports_is_in_the_runtime_lock(app: str) -> None:
    """Name a missing package in requirements.in, and run script/lock."""
    known = locked("requirements.txt") | (locked("requirements-embedded.txt") if app == "ops" else set())
    distributions = packages_distributions()
    imported = foreign(modules_of(app)) - set(APPS)
    missing = {name for name in imported if not known & {plain(one) for one in distributions.get(name, [])}}
    assert missing == set()


def test_the_engine_imports_the_standard_library_only() -> None:
    engine = [module for module in modules_of("core") if module.is_relative_to(ROOT / "core" / "numerology")]
    ours = {name for module in engine for name in imported_by(module) if name.startswith("core")}
    assert foreign(engine) == {"core"}
    assert {name for name in ours if not name.startswith("core.numerology")} == set()
