"""A member at the API. This app knows no accounts, so neither does its member: an id, and the session of a sign-in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from rest_framework.test import APIClient

from numerai.db import uuid7


@dataclass
class Caller:
    """What views see of who is signed in."""

    pk: UUID
    session_id: UUID
    is_authenticated = True
    tier = "free"


@dataclass
class Signed:
    """A signed-in member who sends JSON."""

    user_id: UUID = field(default_factory=uuid7)
    session_id: UUID = field(default_factory=uuid7)

    def __post_init__(self) -> None:
        self._client = APIClient()
        self._client.force_authenticate(user=Caller(self.user_id, self.session_id))

    def get(self, url: str, **query: Any) -> Any:
        return self._client.get(url, query)

    def post(self, url: str, sent: Any) -> Any:
        return self._client.post(url, sent, format="json")

    def put(self, url: str, sent: Any) -> Any:
        return self._client.put(url, sent, format="json")

    def delete(self, url: str) -> Any:
        return self._client.delete(url)
