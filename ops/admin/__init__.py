"""The admin's rooms that join several apps."""

from ops.admin import channels, members, readings, scheduled  # noqa: F401 - registers
