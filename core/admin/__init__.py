"""The admin's rooms for texts."""

from core.admin import content  # noqa: F401 - registers
