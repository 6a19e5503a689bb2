from __future__ import annotations

import pytest

from core.numerology import EngineError
from core.numerology.gematria import analyse_mixed
from core.numerology.number_analysis import number_analysis


@pytest.mark.parametrize("kind", ["castle", "", 7, None])
def test_a_kind_that_does_not_exist_is_refused(kind: object) -> None:
    with pytest.raises(EngineError) as caught:
        number_analysis(kind, "42B")  # type: ignore[arg-type]
    assert (caught.value.code, caught.value.field) == ("UNKNOWN_KIND", "kind")


def test_digits_alone_count_and_letters_that_the_table_does_not_know_are_told() -> None:
    counted = analyse_mixed("42 ж", table="hebrew")
    assert (counted.number.value, counted.digits, counted.parts) == (6, (4, 2), ())
    assert counted.ignored == ("ж",)


@pytest.mark.parametrize(
    ("text", "transliteration", "code", "field"),
    [
        ("...", None, "NO_USABLE_LETTER", "text"),
        ("000", None, "NO_USABLE_LETTER", "text"),
        ("1" * 201, None, "NAME_TOO_LONG", "text"),
        (42, None, "INVALID_NAME", "text"),
        # One character that stands for eighteen letters.
        ("\ufdfa" * 150, None, "NAME_TOO_LONG", "text"),
        ("42 Ж", {"Ж": "☃"}, "INVALID_TRANSLITERATION", "transliteration"),
    ],
)
def test_what_cannot_be_counted_names_its_field(text: object, transliteration: object, code: str, field: str) -> None:
    with pytest.raises(EngineError) as caught:
        analyse_mixed(text, transliteration=transliteration)  # type: ignore[arg-type]
    assert (caught.value.code, caught.value.field) == (code, field)
