"""People side by side: each core number of one with the same number of another.

Labels as the schools print them, and no score: none is standard. Source: docs/numerology.md#compatibility.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Any

from core.numerology import dates
from core.numerology.chart import ENGINE_VERSION, birth_chart
from core.numerology.combinations import relationship
from core.numerology.compatibility import SCHOOLS, compatibility_pair, harmony_triad
from core.numerology.errors import EngineError
from core.numerology.names import NameInput
from core.numerology.options import DEFAULT_PRESET, Options, resolve_options
from core.numerology.presentation import number_dict, options_dict
from core.numerology.vowels import VowelOverride
from core.numerology.working import LABELS, Term, terms

# The order in which they are usually read, the Life Path first.
POSITIONS = ("life_path", "expression", "soul_urge", "personality", "birthday")

_Number = dict[str, Any] | None
_Numbers = dict[str, _Number]


@dataclass(frozen=True, slots=True)
class Person:
    """One of two people. Without a name there are the numbers of the date alone."""

    birth_date: date | str
    name: str | NameInput | None = None
    vowel_overrides: Iterable[VowelOverride | Mapping[str, Any]] = ()
    transliteration: Mapping[str, str] | None = None


def compare(
    first: Person,
    second: Person,
    *,
    on: date | str,
    preset: str = DEFAULT_PRESET,
    options: Mapping[str, Any] | Options | None = None,
    explain: bool = True,
) -> dict[str, Any]:
    """Return two people's core numbers pair by pair, as ordered plain data.

    Each pair has the label of every school, in both directions because two of the three tables are not symmetric, and
    the triads. A pair is without them where one of the two has no such number. ``on`` is the day by which both must be
    born. Raises EngineError, with the field as ``first.birth_date`` where one of the two is at fault.
    """
    how = _How(preset, resolve_options(preset, options), dates.parse_date(on, "on"), explain)
    ours, theirs = (_numbers(which, person, how) for which, person in (("first", first), ("second", second)))
    return {
        **how.to_dict(),
        "pairs": [
            {"position": position, "first": ours[position], "second": theirs[position], **_pair(position, ours, theirs)}
            for position in POSITIONS
        ],
        "relationship": _relationship(ours, theirs, how),
    }


def compare_all(
    people: Sequence[Person],
    *,
    on: date | str,
    preset: str = DEFAULT_PRESET,
    options: Mapping[str, Any] | Options | None = None,
    explain: bool = True,
) -> dict[str, Any]:
    """Return several people's core numbers, and each two of them as `compare` has them, as ordered plain data.

    Raises EngineError, with the field as ``people.0.birth_date``.
    """
    how = _How(preset, resolve_options(preset, options), dates.parse_date(on, "on"), explain)
    everybody = [_numbers(f"people.{index}", person, how) for index, person in enumerate(people)]
    return {
        **how.to_dict(),
        "people": everybody,
        "comparisons": [
            {
                "first": first,
                "second": second,
                "pairs": [{"position": position, **_pair(position, ours, theirs)} for position in POSITIONS],
                "relationship": _relationship(ours, theirs, how),
            }
            for (first, ours), (second, theirs) in combinations(enumerate(everybody), 2)
        ],
    }


@dataclass(frozen=True, slots=True)
class _How:
    """How people are compared; `on` is the day by which all must be born."""

    preset: str
    options: Options
    on: date
    explain: bool

    def to_dict(self) -> dict[str, Any]:
        return {"engine_version": ENGINE_VERSION, "preset": self.preset, "options": options_dict(self.options)}


def _numbers(which: str, person: Person, how: _How) -> _Numbers:
    try:
        if person.name is None:
            return _numbers_of_date(person, how)
        chart = birth_chart(
            person.name,
            person.birth_date,
            on=how.on,
            preset=how.preset,
            options=how.options,
            vowel_overrides=person.vowel_overrides,
            transliteration=person.transliteration,
            explain=how.explain,
        )
    except EngineError as error:
        raise EngineError(error.code, f"{which}.{error.field}", error.message) from None
    return {position: number_dict(getattr(chart, position), terms(chart, position)) for position in POSITIONS}


def _numbers_of_date(person: Person, how: _How) -> _Numbers:
    born = dates.parse_date(person.birth_date)
    dates.age_on(born, how.on)
    method, masters, explain = how.options.life_path_method, how.options.masters, how.explain
    chains = dates.life_path_chains(born, method, masters)
    path = [Term(label, chain) for label, chain in zip(LABELS["life_path"], chains, strict=True)]
    numbers: _Numbers = dict.fromkeys(POSITIONS)
    numbers["life_path"] = number_dict(dates.life_path(born, method, masters), path if explain else ())
    day = [Term("day", (born.day,))]
    numbers["birthday"] = number_dict(dates.birthday(born.day, masters), day if explain else ())
    return numbers


def _relationship(ours: _Numbers, theirs: _Numbers, how: _How) -> _Number:
    path, other_path = (int((numbers["life_path"] or {})["value"]) for numbers in (ours, theirs))
    added = (Term("first life path", (path,)), Term("second life path", (other_path,)))
    return number_dict(relationship(path, other_path, how.options.masters), added if how.explain else ())


def _pair(position: str, ours: _Numbers, theirs: _Numbers) -> dict[str, Any]:
    first, second = ours[position], theirs[position]
    if first is None or second is None:
        return {"labels": None, "triads": None}
    one, other = first["root"], second["root"]
    triads = harmony_triad(one), harmony_triad(other)
    return {
        "labels": [
            {
                "school": school,
                "first_to_second": compatibility_pair(one, other, school),
                "second_to_first": compatibility_pair(other, one, school),
            }
            for school in SCHOOLS
        ],
        "triads": {"first": list(triads[0]), "second": list(triads[1]), "shared": triads[0] == triads[1]},
    }
