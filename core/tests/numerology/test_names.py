from collections.abc import Callable

import pytest

from core.numerology import EngineError, NameInput, VowelOverride, resolve_options
from core.numerology.names import normalise_name
from core.numerology.options import Options
from core.numerology.vowels import apply_overrides


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("José Ñandú", ("JOSE", "NANDU")),
        (
            "Weiß Æsir Œuvre Øre Łódź Ħal ırmak Þór Ŋ",
            ("WEISS", "AESIR", "OEUVRE", "ORE", "LODZ", "HAL", "IRMAK", "THOR", "N"),
        ),
        ("O’Connor D`Arcy", ("OCONNOR", "DARCY")),
        ("Jean-Pierre", ("JEAN", "PIERRE")),
        ("Smith, Jr.", ("SMITH",)),
        ("Martin Luther King Jr Sr III", ("MARTIN", "LUTHER", "KING")),
        ("III", ("III",)),
        ("Md V Rao", ("MD", "V", "RAO")),
        ("van_der_Kalen Ann", ("VANDERKALEN", "ANN")),
        ("Ａｎｎ ﬁ ŉ", ("ANN", "FI", "N")),
        ("An\u00adna Be\u200dth", ("ANNA", "BETH")),
        ("Наталья Щукина-Ёлкина", ("NATALIA", "SHCHUKINA", "ELKINA")),
        ("Γιώργος Παπαδόπουλος ΟΥΡΑΝΙΑ", ("GIORGOS", "PAPADOPOULOS", "OURANIA")),
        ("דוד", ("DVD",)),
        ("محمد", ("MHMD",)),
        ("ბექა", ("BEKA",)),
        ("Արամ", ("ARAM",)),
        ("김철수", ("GIMCHEOLSU",)),
        ("きょうこ", ("KYOUKO",)),
        ("しゅん", ("SHUN",)),
        ("はっとり カッター", ("HATTORI", "KATTA")),
        ("ゃ", ("YA",)),
        ("राम शर्मा", ("RAM", "SHARMA")),
        ("कृष्ण ऋषि आइ अं", ("KRISHN", "RISHI", "AI", "AN")),
        ("தமிழ்", ("TAMIZH",)),
        ("ক", ("KA",)),
        ("क् ़ िक", ("K", "IK")),
    ],
)
def test_reads_a_name_into_parts(name: str, parts: tuple[str, ...]) -> None:
    assert normalise_name(name).parts == parts


def test_says_how_each_word_was_transliterated() -> None:
    assert normalise_name("Анна Smith").transliterated == (("Анна", "ANNA"),)


def test_a_transliteration_can_be_edited_by_letter_and_by_word() -> None:
    edited = normalise_name("Юлия Жукова", transliteration={"Юлия": "Julia", "Ж": "J"})
    assert edited.parts == ("JULIA", "JUKOVA")
    assert edited.transliterated == (("Юлия", "JULIA"), ("Жукова", "JUKOVA"))


def test_what_was_put_in_is_not_looked_at_again() -> None:
    # Or each spelling could multiply what the others put in, a hundredfold each time.
    edited = normalise_name("Жанна Же", transliteration={"Ж": "J", "J": "A" * 60, "A": "B" * 60, "Же": "Q"})
    assert edited.parts == ("JANNA", "Q")


@pytest.mark.parametrize("edits", [{"": "A"}, {"Ж": "Ж"}, {"Ж": 3}])
def test_refuses_a_transliteration_that_is_not_latin(edits: dict[str, str]) -> None:
    with pytest.raises(EngineError) as error:
        normalise_name("Жанна", transliteration=edits)
    assert error.value.code == "INVALID_TRANSLITERATION"


def test_lists_what_was_not_counted() -> None:
    assert normalise_name("Ann2 王 Lee").ignored == ("2", "王")
    assert normalise_name("Анна 王").ignored == ("王",)


def test_native_alphabets_ignore_other_letters() -> None:
    name = normalise_name("Їжак X", Options(table="russian33"))
    assert (name.parts, name.ignored) == (("ЖАК",), ("Ї", "X"))


def test_accents_stay_in_the_cabalistic_table_only_where_they_count() -> None:
    assert normalise_name("Âçş Ŷž ḉ", Options(table="cabalistic")).parts == ("ÂÇS", "ŶZ", "Ḉ")
    assert normalise_name("Ärz", Options(table="cabalistic", umlaut="digraph")).parts == ("AERZ",)


def test_structured_names_keep_their_fields() -> None:
    name = normalise_name(NameInput("Anna Maria", ("Li",), "von Trapp", "Jr"))
    assert name.parts == ("ANNA", "MARIA", "LI", "VON", "TRAPP")
    assert (name.first_count, name.middle, name.last) == (2, ("LI",), ("VON", "TRAPP"))


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "NO_USABLE_LETTER"),
        ("12 !?", "NO_USABLE_LETTER"),
        ("王小明", "NO_USABLE_LETTER"),
        ("a" * 201, "NAME_TOO_LONG"),
        (NameInput("a" * 150, ("b" * 51,)), "NAME_TOO_LONG"),
        ("ﷺ" * 20, "NAME_TOO_LONG"),
        (None, "INVALID_NAME"),
        (NameInput("a", (3,)), "INVALID_NAME"),  # type: ignore[arg-type]
    ],
)
def test_refuses_names_that_cannot_be_counted(name: str, code: str) -> None:
    with pytest.raises(EngineError) as error:
        normalise_name(name)
    assert (error.value.code, error.value.field) == (code, "name")
    assert str(error.value) == error.value.message


def test_an_override_sets_single_letters() -> None:
    overrides = [VowelOverride(0, 1, "consonant"), {"part": 1, "index": 0, "role": "vowel"}]
    assert apply_overrides(("LyNN", "W"), overrides) == ("LYNN", "w")


@pytest.mark.parametrize(
    ("overrides", "code"),
    [
        ([3], "INVALID_OVERRIDE"),
        ([{"part": 0}], "INVALID_OVERRIDE"),
        ([VowelOverride(0, 0, "both")], "INVALID_OVERRIDE"),
        ([VowelOverride(0, 9, "vowel")], "INVALID_OVERRIDE"),
        ([VowelOverride(9, 0, "vowel")], "INVALID_OVERRIDE"),
        ([VowelOverride(0, 0, "vowel"), VowelOverride(0, 0, "consonant")], "CONTRADICTORY_OVERRIDES"),
        ([VowelOverride(1, 0, "vowel")], "INVALID_OVERRIDE"),
    ],
)
def test_refuses_overrides_that_make_no_sense(overrides: list[VowelOverride], code: str) -> None:
    with pytest.raises(EngineError) as error:
        apply_overrides(("LyNN", "דוד"), overrides)
    assert (error.value.code, error.value.field) == (code, "vowel_overrides")


@pytest.mark.parametrize(
    ("rule", "word", "vowels"),
    [
        ("decoz", "YEMEN", "EE"), ("decoz", "TANYA", "AA"), ("decoz", "Y", "Y"), ("decoz", "WYATT", "YA"),
        ("goodwin", "DOYLE", "OYE"), ("goodwin", "BROWN", "OW"), ("goodwin", "WARD", "A"), ("goodwin", "LOWRY", "OWY"),
        ("english", "TOY", "OY"), ("english", "BEYOND", "EO"), ("english", "LAWYER", "AE"),
        ("vietnamese", "MAY", "A"), ("vietnamese", "YEN", "E"), ("vietnamese", "Y", "Y"),
        ("vietnamese", "NGUYEN", "UE"), ("vietnamese", "LYA", "YA"),
        ("aeiou", "LYNN", ""), ("aeiouy", "LYNN", "Y"), ("aeiouyw", "WYN", "WY"),
    ],
)  # fmt: skip
def test_vowel_rules_choose_their_letters(rule: str, word: str, vowels: str) -> None:
    from core.numerology.vowels import cased_text

    assert "".join(letter for letter in cased_text(word, rule) if letter.islower()).upper() == vowels


@pytest.mark.parametrize(
    ("options", "code", "accepted"),
    [
        ({"colour": "red"}, "UNKNOWN_OPTION", "vowel_rule"),
        ({"mode": "sum"}, "INVALID_OPTION_VALUE", "per_part, total"),
        ({"mode": ["total"]}, "INVALID_OPTION_VALUE", "per_part, total"),
        ({"part_masters": 1}, "INVALID_OPTION_VALUE", "true, false"),
        ({"masters": [11, 12]}, "INVALID_OPTION_VALUE", "11, 22"),
        ({"masters": "11"}, "INVALID_OPTION_VALUE", "11, 22"),
        ({"masters": 11}, "INVALID_OPTION_VALUE", "11, 22"),
        ({"masters": [[11]]}, "INVALID_OPTION_VALUE", "11, 22"),
        ({"masters": {}}, "INVALID_OPTION_VALUE", "11, 22"),
        ({"masters": {11: 22}}, "INVALID_OPTION_VALUE", "11, 22"),
        ({"masters": b"\x0b"}, "INVALID_OPTION_VALUE", "11, 22"),
        ({"masters": [11.0]}, "INVALID_OPTION_VALUE", "11, 22"),
        ({"masters": None}, "INVALID_OPTION_VALUE", "11, 22"),
        ({"lo_shu_add": ["moon"]}, "INVALID_OPTION_VALUE", "driver"),
        ({"lo_shu_add": {}}, "INVALID_OPTION_VALUE", "driver"),
        ({"challenge_count": 5}, "INVALID_OPTION_VALUE", "3, 4"),
        ({"challenge_count": 3.0}, "INVALID_OPTION_VALUE", "3, 4"),
        ({"age_base": True}, "INVALID_OPTION_VALUE", "0, 1"),
    ],
)
def test_refuses_options_and_says_what_is_accepted(options: dict[str, object], code: str, accepted: str) -> None:
    with pytest.raises(EngineError) as error:
        resolve_options("decoz", options)
    assert error.value.code == code
    assert error.value.field == next(iter(options))
    assert accepted in error.value.message


@pytest.mark.parametrize("container", [list, tuple, set, frozenset])
def test_a_list_of_masters_comes_in_any_container_of_items(container: Callable[[list[int]], object]) -> None:
    assert resolve_options("decoz", {"masters": container([11, 22])}).masters == {11, 22}


def test_what_the_lo_shu_grid_takes_in_is_taken_once() -> None:
    assert resolve_options("decoz", {"lo_shu_add": ["kua", "name", "kua"]}).lo_shu_add == ("kua", "name")


@pytest.mark.parametrize("preset", ["pythagoras", None, ["decoz"]])
def test_refuses_an_unknown_preset(preset: str) -> None:
    with pytest.raises(EngineError) as error:
        resolve_options(preset)
    assert error.value.code == "UNKNOWN_PRESET"
    assert "decoz, goodwin" in error.value.message
