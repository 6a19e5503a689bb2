from __future__ import annotations

import pytest

from authentication.models import User
from authentication.tests.conftest import _fresh_limits as _fresh_limits
from authentication.tests.conftest import _whole_valkey as _whole_valkey
from authentication.tests.conftest import stranger as stranger
from authentication.tests.conftest import user as user
from authentication.tests.factories import ApiClient, CommittingClient, sign_in_as


@pytest.fixture
def member(user: User) -> ApiClient:
    """The user, signed in on one device."""
    return CommittingClient(sign_in_as(user))
