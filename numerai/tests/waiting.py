"""Waiting for what another thread does, which nothing but looking can tell."""

import time
from collections.abc import Callable


def wait_until(is_true: Callable[[], object], *, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
