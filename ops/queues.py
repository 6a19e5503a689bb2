"""How long Celery's queues are."""

from __future__ import annotations

from django.conf import settings

from notifications.queues import ORDINARY, URGENT
from numerai import valkey_url

_SECONDS = 0.2


def queue_lengths() -> dict[str, int]:
    """Return how many tasks wait in each queue. Raises RedisError and OSError."""
    with valkey_url.client(
        settings.CELERY_BROKER_URL, socket_connect_timeout=_SECONDS, socket_timeout=_SECONDS
    ) as client:
        return {queue: int(client.llen(f"numerai:celery:{queue}")) for queue in (URGENT, ORDINARY)}
