from __future__ import annotations

from datetime import UTC, datetime

import pytest

from authentication.models import User
from authentication.tests.factories import ApiClient, CommittingClient, make_user, sign_in_as
from core.models import NumerologyProfile
from core.selectors.content import forget_libraries
from core.tests.content.factories import publish_short_edition
from core.tests.factories import make_profile
from core.tests.profiles.conftest import _fresh_limits as _fresh_limits
from core.tests.profiles.conftest import _whole_valkey as _whole_valkey
from core.tests.profiles.conftest import member as member
from core.tests.profiles.conftest import user as user

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def _now(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def profile(user) -> NumerologyProfile:
    return make_profile(user)


@pytest.fixture
def other() -> User:
    """Somebody else."""
    return make_user(password=None)


@pytest.fixture
def stranger(other) -> ApiClient:
    return CommittingClient(sign_in_as(other))


@pytest.fixture
def edition():
    forget_libraries()
    yield publish_short_edition()
    forget_libraries()
