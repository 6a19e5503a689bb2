"""The admin's rooms that join several apps."""

from ops.admin import members  # noqa: F401 - registers
