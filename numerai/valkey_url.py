"""Addresses of Valkey (redis://, rediss://, unix://, sentinel://), the same for the cache, the limits and Celery.

Sentinel: sentinel://[user:password@]host:port,host:port/database?master=name. The credentials are those of the servers;
the Sentinels themselves are asked without. After a failover the next connection goes to the new master.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import redis
from redis.sentinel import Sentinel, SentinelConnectionPool

SENTINEL_PORT = 26_379


@dataclass(frozen=True, slots=True)
class SentinelAddress:
    """Where the Sentinels are, and which of the masters they watch is ours."""

    sentinels: tuple[tuple[str, int], ...]
    master: str
    database: int
    credentials: str

    def connection_options(self) -> dict[str, Any]:
        """Return what a connection to the master needs besides its address."""
        user, _, password = self.credentials.partition(":")
        known = {"username": unquote(user), "password": unquote(password), "db": self.database}
        return {name: value for name, value in known.items() if value}


def is_sentinel(url: str) -> bool:
    return url.startswith("sentinel://")


def read_sentinel(url: str) -> SentinelAddress:
    """Return the parts of a sentinel:// address. Raises ValueError if one is missing, without repeating it."""
    parts = urlsplit(url)
    credentials, _, hosts = parts.netloc.rpartition("@")
    masters = parse_qs(parts.query).get("master", [])
    sentinels = tuple(_host_and_port(host) for host in hosts.split(","))
    database = parts.path.strip("/") or "0"
    if len(masters) != 1 or not all(host for host, _ in sentinels) or not database.isdecimal():
        raise ValueError("an address of Sentinels has hosts, a number of a database, and ?master=name")
    return SentinelAddress(sentinels, masters[0], int(database), credentials)


def _host_and_port(text: str) -> tuple[str, int]:
    address = urlsplit(f"//{text}")
    return address.hostname or "", address.port or SENTINEL_PORT


class Pool:
    """Makes connection pools; Django's cache takes it as its pool_class."""

    @staticmethod
    def from_url(url: str, **options: Any) -> redis.ConnectionPool:
        """Return a pool of connections to the server, or to whichever server is the master now."""
        if not is_sentinel(url):
            # As Celery writes a socket.
            url = url.replace("redis+socket://", "unix://").replace("virtual_host=", "db=")
            return redis.ConnectionPool.from_url(url, **options)
        address = read_sentinel(url)
        manager = Sentinel(address.sentinels, **options)  # type: ignore[no-untyped-call]
        return SentinelConnectionPool(  # type: ignore[no-untyped-call]
            address.master, manager, **options, **address.connection_options()
        )


def client(url: str, **options: Any) -> redis.Redis:
    """Return a client with a pool of its own. `options` are those of a connection: timeouts, retry."""
    return redis.Redis.from_pool(Pool.from_url(url, **options))


def broker_url(url: str) -> str:
    """Return the same address as Celery writes it."""
    if url.startswith("unix://"):
        return url.replace("unix://", "redis+socket://").replace("db=", "virtual_host=")
    if not is_sentinel(url):
        return url
    address = read_sentinel(url)
    at = f"{address.credentials}@" if address.credentials else ""
    hosts = (f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in address.sentinels)
    return ";".join(f"sentinel://{at}{host}/{address.database}" for host in hosts)


def broker_options(url: str) -> dict[str, str]:
    """Return the transport options that Celery needs besides the address."""
    return {"master_name": read_sentinel(url).master} if is_sentinel(url) else {}
