import doctest
import importlib
import pkgutil

import pytest

import core.numerology

MODULES = [module.name for module in pkgutil.walk_packages(core.numerology.__path__, "core.numerology.")]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_hold(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0
