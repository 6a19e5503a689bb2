"""The calculation engine: pure functions over names and dates, standard library only.

``birth_chart`` is the facade; the modules hold the single functions. Methods and sources: docs/numerology.md.
"""

from core.numerology.chart import ENGINE_VERSION, BirthChart, birth_chart
from core.numerology.errors import EngineError
from core.numerology.names import NameInput
from core.numerology.options import PRESETS, Options, option_values, resolve_options
from core.numerology.reduction import Reduction
from core.numerology.vowels import VowelOverride

__all__ = [
    "ENGINE_VERSION",
    "PRESETS",
    "BirthChart",
    "EngineError",
    "NameInput",
    "Options",
    "Reduction",
    "VowelOverride",
    "birth_chart",
    "option_values",
    "resolve_options",
]
