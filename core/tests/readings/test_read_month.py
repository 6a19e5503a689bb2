"""The month that an editor reads is what a member would get."""

import pytest
from django.core.management import CommandError, call_command


def test_a_month_has_every_part_of_every_day(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("read_month", "1990-05-17", "1979-11-29", "--first", "2027-01-01", "--days", "21")
    printed = capsys.readouterr().out
    assert "== 1990-05-17, life path 5" in printed
    messages = [line for line in printed.splitlines() if line.startswith("  message")]
    assert len(messages) == 42
    # 1 + 1 (January 1st) + 5 + 1 + 7 (May 17th) + 2 + 0 + 2 + 7 is 26: an 8 day.
    assert "2027-01-01: An 8 day. " in printed
    for born in printed.split("== ")[1:]:
        own = [line for line in born.splitlines() if line.startswith("  message")]
        assert len(set(own)) == 21


def test_a_preset_that_keeps_masters_has_their_lines(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("read_month", "1990-05-17", "--first", "2027-01-01", "--days", "60", "--preset", "brazilian")
    printed = capsys.readouterr().out.split("\n\n")
    masters = [day for day in printed if ": An 11 day." in day or ": A 22 day." in day]
    assert masters
    assert all("  master_day" in day for day in masters)


def test_an_unknown_preset_is_said_plainly() -> None:
    with pytest.raises(CommandError, match="preset"):
        call_command("read_month", "1990-05-17", "--preset", "none")
