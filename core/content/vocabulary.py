"""English words that no text may use, and why. Patterns match whole words, whatever their case."""

from __future__ import annotations

import re

WORN = "is worn out; say what happens instead"
PROMISE = "promises or threatens; say what tends to be so"
HARM = "is about health, law, money or harm, which we leave alone"
ASSUMED = "assumes something about the reader"
GENDERED = "tells the gender of somebody; write 'they', 'somebody', 'a friend'"
LOCAL = "is true only in some countries or seasons"

_RELATIONS = (
    "husband wife spouse partner boyfriend girlfriend fianc[eé]e? lover children kids child son daughter baby "
    "mother father mum mom dad parents? sister brother siblings? family families grandmother grandfather "
    "grandparents? in-laws?"
)
_POSSESSIONS = (
    "boss manager job career employer colleagues? coworkers? co-workers? office staff clients? customers? salary "
    "paycheck payslip commute car garden balcony house home stairs dog cat pet church mosque temple congregation "
    "prayers? faith religion god savings mortgage landlord business employees? school college"
)

# Reason -> patterns. A word here stands for itself; "word*" for every word that starts so.
FORBIDDEN: dict[str, str] = {
    WORN: (
        "journey* energy energies energetic vibration* vibe vibes vibrat* manifest* embrac* unlock* tapestr* delv* "
        "testament* dance danced dances dancing navigat* realm* harness* cosmic cosmos divine universe soulmate* "
        "chakra* aura auras sacred empower* mindful* transformative synerg* leverag* resonat* alchem* "
        "native natives dearest"
    ),
    PROMISE: (
        "doom* curse curses cursed guarantee* destined fated inevitabl* unlucky misfortune* calamit* catastroph* "
        "omen omens forever prophec* foretell* foretold predict predicts predicted prediction* jinx* evil sinister"
    ),
    HARM: (
        "cure cures cured curing heal heals healed healing healer* diagnos* disease* illness* sickness cancer* "
        "symptom* medicine* medication* doctor* therap* prescription* depress* suicid* pregnan* divorc* death* die "
        "dies died dying funeral* accident accidents murder* crime* criminal* theft lawsuit* sue sues sued lawyer* "
        "attorney* legal* invest invests invested investing investment* investor* stocks crypto* gambl* lottery "
        "betting calories dieting fasting weight-loss"
    ),
    GENDERED: (
        "he she him her his hers himself herself man woman men women boy boys girl girls gentleman gentlemen lady "
        "ladies guys chairman businessman businesswoman masculine feminine manly womanly"
    ),
    LOCAL: (
        "christmas easter ramadan diwali thanksgiving hanukkah winter* summer* autumn* springtime snow* dollar* euro "
        "euros rupee* cents pence"
    ),
}
PHRASES: dict[str, tuple[str, ...]] = {
    WORN: (
        r"(?<!the )dear one",
        r"trust the process",
        r"believe in yourself",
        r"stay positive",
        r"true self",
        r"higher self",
        r"inner child",
        r"comfort zone",
        r"step into your",
        r"a new chapter",
        r"deep dive",
        r"meant to be",
    ),
    PROMISE: (r"you are going to", r"will bring you", r"your (?:fate|destiny)", r"bad luck", r"good luck"),
    ASSUMED: (
        rf"your (?:\w+ )?(?:{'|'.join(_RELATIONS.split())})",
        rf"your (?:{'|'.join(_POSSESSIONS.split())})",
        r"at your age",
        r"when you were married",
    ),
}


def _pattern(words: str) -> str:
    return "|".join(word[:-1] + r"\w*" if word.endswith("*") else word for word in words.split())


_COMPILED = [
    (re.compile(rf"(?<![\w'])(?:{pattern})(?![\w])", re.IGNORECASE), reason)
    for reason, pattern in [
        *((reason, _pattern(words)) for reason, words in FORBIDDEN.items()),
        *((reason, "|".join(phrases)) for reason, phrases in PHRASES.items()),
    ]
]


def forbidden_in(text: str) -> list[tuple[str, str]]:
    """Return what of a text may not be said, each with the reason."""
    return [(match.group(), reason) for pattern, reason in _COMPILED for match in pattern.finditer(text)]
