"""Sends each request from an address of its own, so that the rate limits do not answer everything."""

import secrets
from ipaddress import IPv4Address
from typing import Any

import schemathesis


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    # Not from random: hypothesis sets that back to the same state before each example.
    address = IPv4Address(secrets.randbits(32))
    case.headers = {**(case.headers or {}), "X-Forwarded-For": str(address)}
