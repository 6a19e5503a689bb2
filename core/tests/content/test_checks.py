"""Each rule for texts, tried on a text that breaks it and on one that keeps it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from core.content.catalogue import INTERPRETATIONS, PASSAGES, name_personal_month
from core.content.checks import check, lock_screen_pairs, read
from core.content.files import Content, Entry, EntryKey
from core.content.lock_screen import push_text
from core.content.words import count_words, reading_grade, sentences, syllables

# Thirty-nine words that keep every rule.
MESSAGE = (
    "The shop opens at nine and you are already at the door. Somebody has to turn the first page, and the others "
    "look relieved when it is you. Say where you are going before you set off alone."
)
TRY = "Write down the one thing you would start today if nobody had to agree."
ESSENCE = (
    "You read the terms and conditions. Not all of them, but enough to have an opinion. A 7 path keeps asking what "
    "is underneath, and people come to trust you because you checked. You also say plainly what you could not find "
    "out."
)
PARTS = {
    "title": "The one who checks",
    "essence": ESSENCE,
    "strength": "People bring you the thing that does not add up, since you will sit with it after the others have "
    "gone to lunch. You come back with the missing line in your hand.",
    "cost": "By the time you are sure enough to speak, the choice has been made without you. Being right at six is of "
    "little use to a meeting that ended at three, and you know it.",
    "try": "Say one thing today at seventy percent certain, and label it so. Then leave it there, and watch what the "
    "others build on it while you are not looking.",
}


def passage(text: str, slot: str = "message", key: int = 1, place: int = 0, short: str = "") -> Entry:
    parts = {"text": text, "short": short} if short else {"text": text}
    return Entry(EntryKey(PASSAGES, 1, slot, key, place), "en", parts, f"day-{key}.yaml:{place + 1}")


def interpretation(number: int = 7, **parts: str) -> Entry:
    return Entry(EntryKey(INTERPRETATIONS, 0, "life_path", number), "en", PARTS | parts, f"life_path.yaml:{number}")


def found(*entries: Entry) -> list[str]:
    return [problem.message for problem in check(Content(entries=list(entries)))]


def test_good_texts_pass() -> None:
    assert found(passage(MESSAGE), passage(TRY, "try"), interpretation()) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Too short for a message.", "has 5 words; 35 to 60"),
        (MESSAGE.replace("relieved", "**relieved**"), "has the mark '*'"),
        (MESSAGE.replace("relieved", "relieved\nand"), "has a line break"),
        (MESSAGE.replace("alone.", "alone!"), "has an exclamation mark"),
        (MESSAGE.replace(", and the", " \u2014 and the"), "has a dash"),
        (MESSAGE.replace("relieved", "\u201crelieved\u201d"), "use plain quotes"),
        (MESSAGE.replace("relieved", "relieved \U0001f600"), "use plain quotes"),
        (MESSAGE.replace("relieved", '"relieved'), "a quotation that is not closed"),
        (MESSAGE.replace("the first page", "the  first page"), "two spaces together"),
        (MESSAGE.replace("the first", "the the first"), "says 'the' twice in a row"),
        (MESSAGE.replace("look relieved", "trust the process"), "says 'trust the process'"),
        (MESSAGE.replace("page", "journey"), "says 'journey', which is worn out"),
        (MESSAGE.replace("page", "Energies"), "says 'Energies', which is worn out"),
        (MESSAGE.replace("page", "curse"), "which promises or threatens"),
        (MESSAGE.replace("page", "diagnosis"), "which is about health"),
        (MESSAGE.replace("the door", "your older brother"), "which assumes something about the reader"),
        (MESSAGE.replace("the door", "your office"), "which assumes something about the reader"),
        (MESSAGE.replace("Somebody has", "He has"), "tells the gender"),
        (MESSAGE.replace("nine", "Christmas"), "true only in some countries or seasons"),
        (MESSAGE.replace("nine", "{personal_month}"), "has {personal_month}; no placeholder"),
        (MESSAGE.replace("at the door.", "at the door?"), "opens with a question"),
        (MESSAGE.replace("door. Somebody", "door and somebody").replace("page, and", "page and"), "a sentence of"),
    ],
)
def test_a_rule_that_is_broken_is_told(text: str, expected: str) -> None:
    assert any(expected in problem for problem in found(passage(text)))


@pytest.mark.parametrize("word", ["deadline", "the", "there", "issue", "pursue", "shell", "hers-and-mine", "manager"])
def test_words_that_only_look_like_forbidden_ones_pass(word: str) -> None:
    assert [problem for problem in found(passage(MESSAGE.replace("page", word))) if "says" in problem] == (
        ["message 1, text 1, says 'hers', which tells the gender of somebody; write 'they', 'somebody', 'a friend'."]
        if word == "hers-and-mine"
        else []
    )


def test_hard_words_are_told_by_their_grade() -> None:
    hard = (
        "Organisational responsibilities occasionally necessitate uncomfortable conversations regarding "
        "accountability. Considering alternatives systematically facilitates understanding. Individual contributions "
        "nevertheless require acknowledgement. Communicating expectations unambiguously eliminates unnecessary "
        "complications afterwards. Appreciating disagreements constructively encourages collaboration."
    )
    assert any("reads at grade" in problem for problem in found(passage(hard)))


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        (
            "Inside a steady year, {personal_month} asks for one list fewer and one evening more than you had planned.",
            True,
        ),
        ("{personal_month} asks for one list fewer and one evening more than you had planned for this week.", False),
        (
            "Inside a steady year. {personal_month} asks for one list fewer and one evening more than you had planned.",
            False,
        ),
        (
            "Inside a steady year, {this_personal_month} asks for one list fewer and one evening more than planned.",
            True,
        ),
        ("Inside a steady year, this month asks for one list fewer and one evening more than you had planned.", False),
        ("Inside a year, {personal_month} or {personal_month} asks for one list fewer and one evening more.", False),
        ("Inside a steady year, {month} asks for one list fewer and one evening more than you had planned.", False),
    ],
)
def test_a_backdrop_names_its_month_once_and_not_first(text: str, passes: bool) -> None:
    assert (found(passage(text, "backdrop")) == []) is passes


@pytest.mark.parametrize(
    ("month", "expected"),
    [(3, "a 3 month, this 3 month"), (8, "an 8 month, this 8 month"), (11, "an 11 month, this 11 month")],
)
def test_the_month_is_named_with_its_article(month: int, expected: str) -> None:
    assert name_personal_month("{personal_month}, {this_personal_month}", month) == expected


def test_a_question_ends_as_one() -> None:
    assert found(passage("What did you leave for somebody else today?", "question", 0)) == []
    assert found(passage("Think of what you left for somebody else today.", "question", 0)) != []


def test_a_short_form_is_short_and_shorter() -> None:
    assert found(passage(TRY, "try", short="Write down what you would start.")) == []
    assert any("not shorter" in problem for problem in found(passage(TRY, "try", short=TRY)))
    assert any("characters; 70" in problem for problem in found(passage(TRY, "try", short=TRY[:-1] + ", or later")))


def test_four_texts_may_not_open_with_one_word() -> None:
    watches = [
        f"The {word} may take longer than you have set aside for it." for word in ("walk", "call", "list", "bill")
    ]
    problems = found(*(passage(text, "watch", place=place) for place, text in enumerate(watches)))
    assert any("4 texts open with 'the' (1, 2, 3, 4); 3 at most" in problem for problem in problems)
    assert not any("open with" in problem for problem in found(*(passage(text, "watch") for text in watches[:3])))


def test_two_texts_of_a_key_may_not_share_their_first_words() -> None:
    other = "The shop is closed, and the sign says that somebody will be back in an hour."
    assert any("starts with 'the shop'" in problem for problem in found(passage(MESSAGE), passage(other, place=1)))
    assert not any("starts with" in problem for problem in found(passage(MESSAGE), passage(other, key=2)))


def test_texts_of_different_keys_may_share_no_more_than_three_first_words() -> None:
    other = "The shop opens at noon, and the sign says that somebody will be back in an hour."
    assert any("starts with 'the shop opens at'" in one for one in found(passage(MESSAGE), passage(other, key=2)))


def test_a_text_that_is_almost_another_is_told() -> None:
    other = "When the rain stops, somebody has to turn the first page, and the others look relieved when it is you."
    assert any("of the same as" in problem for problem in found(passage(MESSAGE), passage(other, key=2)))
    assert any("of the same as" in problem for problem in found(passage(MESSAGE), passage(other, "lens", 2)))


def test_interpretations_that_say_the_same_are_told() -> None:
    problems = found(interpretation(7), interpretation(8, title="The other one"))
    assert any("of the same as life_path.yaml:7" in problem for problem in problems)


def test_an_interpretation_may_hold_a_little_markdown_and_no_html() -> None:
    assert found(interpretation(essence=ESSENCE.replace("trust you", "*trust* you"))) == []
    assert any("the mark '<'" in problem for problem in found(interpretation(essence=ESSENCE.replace("trust", "<b>"))))


def test_pairs_for_a_lock_screen_use_nothing_twice() -> None:
    assert lock_screen_pairs(["x" * 30, "x" * 20], ["y" * 58, "y" * 68]) == 2
    assert lock_screen_pairs(["x" * 30, "x" * 20], ["y" * 58, "y" * 69]) == 1
    assert lock_screen_pairs(["x" * 20, "x" * 20], ["y" * 10]) == 1
    assert lock_screen_pairs(["x" * 90], ["y" * 10]) == 0


def test_too_few_tries_for_the_lock_screen_are_told() -> None:
    long_try = TRY[:-1] + ", and say when, and where, and with what in your hand."
    headline = passage("Begin before you are ready", "headline")
    assert any("fits a lock screen" in one for one in found(headline, passage(long_try, "try")))
    assert not any("fits a lock screen" in one for one in found(headline, passage(long_try, "try", short="Start.")))


@pytest.mark.parametrize(
    ("try_text", "short", "expected"),
    [
        ("Go first today.", "Go.", "Begin early. Go first today."),
        ("y" * 80, "Go.", "Begin early. Go."),
        ("y" * 80, "", "Begin early"),
    ],
)
def test_a_push_is_never_longer_than_a_lock_screen(try_text: str, short: str, expected: str) -> None:
    assert push_text("Begin early", try_text, short) == expected


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("cat", 1),
        ("name", 1),
        ("people", 2),
        ("distance", 2),
        ("agenda", 3),
        ("conditions", 3),
        ("area", 2),
        ("quiet", 2),
    ],
)
def test_syllables(word: str, count: int) -> None:
    assert syllables(word) == count


def test_words_sentences_and_grade() -> None:
    assert count_words("Inside it, {personal_month} asks.") == 6
    assert sentences('He said "no." Then 3.5 more. Done') == ['He said "no', "Then 3.5 more", "Done"]
    # 11 words in 2 sentences, 12 syllables by hand: 0.39 * 5.5 + 11.8 * 12 / 11 - 15.59.
    assert reading_grade("The cat sat on the mat. It had a good morning.") == pytest.approx(-0.572, abs=0.01)


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / "en" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("passages/1/day-1.yaml", "message:\n - a: b\n", "day-1.yaml message 1, text 1: takes a text, or a mapping"),
        ("passages/1/day-1.yaml", "message:\n - 12\n", "takes a text that is not empty"),
        ("passages/1/day-1.yaml", "message:\n -\n", "takes a text that is not empty"),
        (
            "passages/1/day-1.yaml",
            "message: []\nmessage: []\n",
            "day-1.yaml:1: is not YAML as we use it: 'message' is given twice",
        ),
        ("passages/1/day-1.yaml", "mesage: []\n", "day-1.yaml: holds what is no slot of it: mesage"),
        ("passages/1/day-10.yaml", "message: []\n", "day-10.yaml: holds what is no slot of it"),
        ("passages/1/day-1.yaml", "message: [a\n", "is not YAML as we use it"),
        ("passages/1/day-1.yaml", "message: Hello\n", "day-1.yaml message 1: takes a list of texts"),
        ("passages/1/lens.yaml", "lens:\n  10: []\n", "lens.yaml lens 10: is not a key of this slot"),
        ("passages/1/lens.yaml", "lens: []\n", "lens takes a mapping"),
        ("passages/1/edition.yaml", "starts_on: soon\n", "starts_on takes a date"),
        ("interpretations/shoe_size.yaml", "1: {}\n", "is no position"),
        ("interpretations/life_path.yaml", "1: {title: One}\n", "life_path.yaml 1: takes exactly the parts"),
        ("interpretations/life_path.yaml", "12: {}\n", "life_path.yaml 12: is not a number of this position"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, name: str, text: str, expected: str) -> None:
    path = write(tmp_path, name, text)
    assert any(expected in str(problem) for problem in check(read([path])))


def test_a_word_that_yaml_takes_for_something_else_is_a_word(tmp_path: Path) -> None:
    path = write(tmp_path, "passages/1/day-1.yaml", "headline:\n - No\n - 1:30\n - 2026-01-01\n")
    assert [entry.parts["text"] for entry in read([path]).entries] == ["No", "1:30", "2026-01-01"]


def test_an_edition_that_is_not_whole_tells_what_it_lacks(tmp_path: Path) -> None:
    path = write(tmp_path, "passages/1/edition.yaml", "starts_on: 2026-01-01\n")
    problems = [str(problem) for problem in check(read([path.parent]))]
    assert len(problems) == 5 * 9 + 9 + 12 + 2 + 1
    assert "en message 9: has 0 of 31 texts." in problems
    assert "en question: has 0 of 46 texts." in problems


def test_the_runner_needs_no_settings_and_says_how_it_went(tmp_path: Path) -> None:
    path = write(tmp_path, "passages/1/day-1.yaml", f"try:\n - {TRY}\n - Embrace it\n")
    ran = subprocess.run(
        [sys.executable, "-m", "core.content.checks", str(path)], capture_output=True, text=True, env={}, check=False
    )
    assert ran.returncode == 1
    assert "day-1.yaml:3: try 1, text 2, says 'Embrace'" in ran.stdout
    assert "2 texts read" in ran.stdout
