"""What the tests of the desk share."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps


@pytest.fixture
def roles_of_staff(db: None) -> None:
    """The groups as their migrations make them, also after a test that emptied every table."""
    import_module("ops.migrations.0001_staff_roles").make_roles(apps, None)
    import_module("ops.migrations.0003_roles_see_deliveries").add(apps, None)
    import_module("ops.migrations.0005_roles_see_operations").add(apps, None)
    import_module("ops.migrations.0006_roles_handle_broadcasts").add(apps, None)
