from __future__ import annotations

import pytest

from core.models import NumerologyProfile
from core.tests.factories import make_profile
from core.tests.profiles.conftest import _fresh_limits as _fresh_limits
from core.tests.profiles.conftest import _whole_valkey as _whole_valkey
from core.tests.profiles.conftest import member as member
from core.tests.profiles.conftest import stranger as stranger
from core.tests.profiles.conftest import user as user


@pytest.fixture
def profile(user) -> NumerologyProfile:
    return make_profile(user)
