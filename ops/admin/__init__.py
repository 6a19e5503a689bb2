"""The admin's rooms that join several apps."""

from ops.admin import broadcasts, channels, members, outbox, readings, scheduled, system  # noqa: F401 - registers
