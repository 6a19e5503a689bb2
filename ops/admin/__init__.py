"""The admin's rooms that join several apps."""

from ops.admin import channels, members, outbox, readings, scheduled, system  # noqa: F401 - registers
