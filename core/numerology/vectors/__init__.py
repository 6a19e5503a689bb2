"""The quantities of worked examples, computed by the functions that the chart uses."""

# Importing a module registers its quantities.
from core.numerology.vectors import cycles, dates, names, schools, texts
from core.numerology.vectors.query import Query
from core.numerology.vectors.registry import QUANTITIES, find_quantity

__all__ = ["QUANTITIES", "Query", "cycles", "dates", "find_quantity", "names", "schools", "texts"]
