import re
from pathlib import Path

import pytest

import core.numerology

PACKAGE = Path(core.numerology.__file__).parent
PAGE = PACKAGE.parents[1] / "docs" / "numerology.md"


def anchors() -> set[str]:
    headings = re.findall(r"^#+ (.+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("module", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.stem)
def test_every_source_named_in_the_code_is_in_the_documentation(module: Path) -> None:
    named = re.findall(r"docs/numerology\.md#([\w-]+)", module.read_text(encoding="utf-8"))
    assert set(named) <= anchors()


@pytest.mark.parametrize("key", core.numerology.PRESETS)
def test_every_preset_is_in_the_documentation(key: str) -> None:
    assert f"| `{key}` |" in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("key", core.numerology.option_values())
def test_every_option_is_in_the_documentation(key: str) -> None:
    assert f"`{key}" in PAGE.read_text(encoding="utf-8")
