"""The calculation engine: pure functions over names and dates, standard library only.

``birth_chart`` is the facade, with ``name_analysis``, ``number_analysis``, ``compare`` and ``systems`` beside it; the
modules hold the single functions. Methods and sources: docs/numerology.md.
"""

from core.numerology.chart import ENGINE_VERSION, BirthChart, birth_chart
from core.numerology.errors import EngineError
from core.numerology.name_analysis import name_analysis
from core.numerology.names import NameInput
from core.numerology.number_analysis import number_analysis
from core.numerology.options import PRESETS, Options, option_values, resolve_options
from core.numerology.pairing import Person, compare, compare_all
from core.numerology.reduction import Reduction
from core.numerology.systems import systems
from core.numerology.vowels import VowelOverride

__all__ = [
    "ENGINE_VERSION",
    "PRESETS",
    "BirthChart",
    "EngineError",
    "NameInput",
    "Options",
    "Person",
    "Reduction",
    "VowelOverride",
    "birth_chart",
    "compare",
    "compare_all",
    "name_analysis",
    "number_analysis",
    "option_values",
    "resolve_options",
    "systems",
]
