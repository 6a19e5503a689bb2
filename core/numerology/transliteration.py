"""Other scripts in Latin letters, the way passports spell them.

Source: docs/numerology.md#transliteration. Han characters have no table here: give the romanised name.
"""

import unicodedata

# ICAO 9303 for Cyrillic, ELOT 743 for Greek, ICAO 9303 for Arabic; Hebrew as Israeli documents commonly spell it.
_CYRILLIC = {
    "А": "A", "Б": "B", "В": "V", "Г": "G", "Ґ": "G", "Д": "D", "Е": "E", "Ё": "E", "Є": "IE", "Ж": "ZH", "З": "Z",
    "И": "I", "І": "I", "Ї": "I", "Й": "I", "К": "K", "Л": "L", "М": "M", "Н": "N", "О": "O", "П": "P", "Р": "R",
    "С": "S", "Т": "T", "У": "U", "Ў": "U", "Ф": "F", "Х": "KH", "Ц": "TS", "Ч": "CH", "Ш": "SH", "Щ": "SHCH",
    "Ъ": "IE", "Ы": "Y", "Ь": "", "Э": "E", "Ю": "IU", "Я": "IA", "Ђ": "D", "Ѓ": "G", "Ѕ": "DZ", "Ј": "J",
    "Љ": "LJ", "Њ": "NJ", "Ћ": "C", "Ќ": "K", "Џ": "DZ", "Ә": "A", "Ғ": "G", "Қ": "Q", "Ң": "N", "Ө": "O", "Ұ": "U",
    "Ү": "U", "Һ": "H",
}  # fmt: skip
_GREEK = {
    "Α": "A", "Β": "V", "Γ": "G", "Δ": "D", "Ε": "E", "Ζ": "Z", "Η": "I", "Θ": "TH", "Ι": "I", "Κ": "K", "Λ": "L",
    "Μ": "M", "Ν": "N", "Ξ": "X", "Ο": "O", "Π": "P", "Ρ": "R", "Σ": "S", "Τ": "T", "Υ": "Y", "Φ": "F", "Χ": "CH",
    "Ψ": "PS", "Ω": "O",
}  # fmt: skip
_HEBREW = {
    "א": "A", "ב": "B", "ג": "G", "ד": "D", "ה": "H", "ו": "V", "ז": "Z", "ח": "CH", "ט": "T", "י": "Y", "כ": "K",
    "ך": "K", "ל": "L", "מ": "M", "ם": "M", "נ": "N", "ן": "N", "ס": "S", "ע": "A", "פ": "P", "ף": "F", "צ": "TZ",
    "ץ": "TZ", "ק": "K", "ר": "R", "ש": "SH", "ת": "T",
}  # fmt: skip
_ARABIC = {
    "ا": "A", "ٱ": "A", "ب": "B", "پ": "P", "ت": "T", "ث": "TH", "ج": "J", "چ": "CH", "ح": "H", "خ": "KH", "د": "D",
    "ذ": "DH", "ر": "R", "ز": "Z", "ژ": "ZH", "س": "S", "ش": "SH", "ص": "S", "ض": "D", "ط": "T", "ظ": "Z", "ع": "E",
    "غ": "GH", "ف": "F", "ق": "Q", "ك": "K", "ک": "K", "گ": "G", "ل": "L", "م": "M", "ن": "N", "ه": "H", "ة": "H",
    "و": "W", "ي": "Y", "ی": "Y", "ى": "A", "ء": "",
}  # fmt: skip
_ARMENIAN_LATIN = "A B G D E Z E Y T ZH I L KH TS K H DZ GH CH M Y N SH O CH P J R S V T R TS W P K O F"
_ARMENIAN = dict(
    zip(
        "ԱԲԳԴԵԶԷԸԹԺԻԼԽԾԿՀՁՂՃՄՅՆՇՈՉՊՋՌՍՎՏՐՑՒՓՔՕՖ",
        _ARMENIAN_LATIN.split(),
        strict=True,
    )
)
_GEORGIAN_LATIN = "A B G D E V Z T I K L M N O P ZH R S T U P K GH Q SH CH TS DZ TS CH KH J H"
_GEORGIAN = dict(
    zip(
        "აბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰ",
        _GEORGIAN_LATIN.split(),
        strict=True,
    )
)

LETTERS: dict[str, str] = _CYRILLIC | _GREEK | _HEBREW | _ARABIC | _ARMENIAN | _GEORGIAN

# An underscore stands for a silent place.
_HANGUL_FIRST = "G KK N D TT R M B PP S SS _ J JJ CH K T P H"
_HANGUL_VOWEL = "A AE YA YAE EO E YEO YE O WA WAE OE YO U WO WE WI YU EU UI I"
_HANGUL_LAST = "_ K K K N N N T L K M L L L P L M P P T T NG T T K T P T"

_KANA_HEPBURN = {
    "SI": "SHI", "TI": "CHI", "TU": "TSU", "HU": "FU", "ZI": "JI", "DI": "JI", "DU": "ZU", "WI": "I",
    "WE": "E", "WO": "O",
}  # fmt: skip
_INDIC_SCRIPTS = "DEVANAGARI BENGALI GURMUKHI GUJARATI ORIYA TAMIL TELUGU KANNADA MALAYALAM"
_INDIC = frozenset(_INDIC_SCRIPTS.split())
_SILENT_FINAL_A = frozenset({"DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI"})
_INDIC_VOWELS = {
    "A": "A", "AA": "A", "I": "I", "II": "I", "U": "U", "UU": "U", "E": "E", "EE": "E", "AI": "AI", "O": "O", "OO": "O",
    "AU": "AU", "R": "RI", "RR": "RI", "L": "LI", "LL": "LI",
}  # fmt: skip
_INDIC_CONSONANTS = {
    "CA": "CH", "CHA": "CHH", "SSA": "SH", "TTA": "T", "TTHA": "TH", "DDA": "D", "DDHA": "DH", "NNA": "N", "NYA": "N",
    "LLA": "L", "RRA": "R", "NNNA": "N", "LLLA": "ZH", "DDDHA": "R", "RHA": "RH", "QA": "Q", "KHHA": "KH", "GHHA": "G",
}  # fmt: skip
_INDIC_SIGNS = {"ANUSVARA": "N", "CANDRABINDU": "N", "BINDI": "N", "TIPPI": "N", "VISARGA": "H"}


def hangul_syllable(character: str) -> str:
    """Return a Korean syllable in the Revised Romanisation, without the sound changes between syllables."""
    index = ord(character) - 0xAC00
    first, rest = divmod(index, 21 * 28)
    vowel, last = divmod(rest, 28)
    return (_HANGUL_FIRST.split()[first] + _HANGUL_VOWEL.split()[vowel] + _HANGUL_LAST.split()[last]).replace("_", "")


def _kana(names: list[str]) -> str:
    sounds: list[str] = []
    doubled = False
    for name in names:
        sound = name.rsplit(" ", 1)[-1]
        if name.endswith("SMALL TU"):
            doubled = True
            continue
        if "SMALL Y" in name and sounds and sounds[-1].endswith("I"):
            stem = sounds.pop()[:-1]
            sound = stem + (sound[1:] if stem in ("SH", "CH", "J") else sound)
        sound = _KANA_HEPBURN.get(sound, sound)
        sounds.append(sound[0] + sound if doubled else sound)
        doubled = False
    return "".join(sounds)


def _indic(script: str, names: list[str]) -> str:
    # An Indic consonant carries the vowel A until a vowel sign replaces it or a virama silences it.
    letters: list[str] = []
    open_a = False
    for name in names:
        kind, _, last = name.removeprefix(script + " ").partition(" ")
        last = last.removeprefix("SHORT ").removeprefix("CANDRA ").removeprefix("SIGN ").removeprefix("VOCALIC ")
        if kind == "VOWEL":
            letters[-1:] = [] if open_a else letters[-1:]
            letters.append(_INDIC_VOWELS.get(last, last))
            open_a = False
        elif kind == "LETTER" and last in _INDIC_VOWELS:
            letters.append(_INDIC_VOWELS[last])
            open_a = False
        elif kind == "LETTER":
            letters += [_INDIC_CONSONANTS.get(last, last.removesuffix("A")), "A"]
            open_a = True
        elif last in _INDIC_SIGNS:
            letters.append(_INDIC_SIGNS[last])
            open_a = False
        elif last in ("VIRAMA", "CHILLU") and open_a:
            letters.pop()
            open_a = False
    if open_a and script in _SILENT_FINAL_A and len(letters) > 2:
        letters.pop()
    return "".join(letters)


def _run(script: str, characters: str) -> str:
    if script in ("HIRAGANA", "KATAKANA"):
        return _kana([unicodedata.name(character) for character in characters])
    if script in _INDIC:
        return _indic(script, [unicodedata.name(character) for character in characters])
    return characters


def _script_of(character: str) -> str:
    return unicodedata.name(character, "?").partition(" ")[0]


def romanise(text: str) -> str:
    """Return the text with the scripts whose letters depend on their neighbours written in Latin.

    These are Japanese kana and the Indic scripts; a Greek omicron-ypsilon becomes OU. Everything else is left for
    the letter by letter table.

    >>> romanise("राम"), romanise("きょうこ")
    ('RAM', 'KYOUKO')
    """
    runs: list[str] = []
    start = 0
    scripts = [_script_of(character) for character in text]
    for end in range(1, len(text) + 1):
        if end == len(text) or scripts[end] != scripts[start]:
            runs.append(_run(scripts[start], text[start:end]))
            start = end
    joined = "".join(runs)
    for spelling, latin in (
        ("ΟΥ", "OU"),
        ("Ου", "Ou"),
        ("ου", "ou"),
        ("οΥ", "ou"),
        ("ού", "ou"),
        ("Ού", "Ou"),
        ("ΟΎ", "OU"),
    ):
        joined = joined.replace(spelling, latin)
    return joined
