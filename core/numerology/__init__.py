"""The calculation engine: pure functions over names and dates, standard library only.

``birth_chart`` is the facade; the modules hold the single functions. Methods and sources: docs/numerology.md.
"""
