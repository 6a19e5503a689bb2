"""What our hot read is measured against: the same work in FastAPI, SQLAlchemy and asyncpg.

The same token, account, session, limit, rows, encryption, engine, texts, JSON and envelope. It keeps no answers.
Started by hot_reads.py: uvicorn with uvloop and httptools, one process.
"""

import base64
import gc
import json
import math
import os
import time
import uuid
from datetime import UTC, date, datetime
from functools import cache
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import django
import jwt
import orjson
import redis.asyncio
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from sqlalchemy import DateTime, and_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from core.content.library import Library
from core.numerology import BirthChart, birth_chart
from core.readings.ahead import changes_ahead, may_change_ahead
from core.readings.compose import compose
from core.readings.numbers import FIELDS, Numbers

_source = make_url(os.environ["DATABASE_URL"])
engine = create_async_engine(
    _source.set(drivername="postgresql+asyncpg", query={"host": _source.query.get("host", _source.host)}),
    pool_size=20,
)
sessions = async_sessionmaker(engine, expire_on_commit=False)
valkey = redis.asyncio.from_url(os.environ["REDIS_URL"])
count_request = valkey.register_script(os.environ["BENCHMARK_WINDOW_SCRIPT"])
LIMIT, WINDOW = 100, 60_000_000
_key_id, _, _encoded = os.environ["FIELD_ENCRYPTION_KEYS"].partition(",")[0].partition(":")
_cipher = AESGCM(base64.b64decode(_encoded))
app = FastAPI()


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "authentication_user"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    email: Mapped[str]
    full_name: Mapped[str]
    language: Mapped[str]
    time_zone: Mapped[str]
    is_active: Mapped[bool]
    is_verified: Mapped[bool]
    token_version: Mapped[int]


class Session(Base):
    __tablename__ = "authentication_session"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    user_id: Mapped[uuid.UUID]
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Profile(Base):
    __tablename__ = "core_numerologyprofile"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    user_id: Mapped[uuid.UUID]
    is_primary: Mapped[bool]
    birth_name: Mapped[str]
    birth_date: Mapped[str]
    preset: Mapped[str]
    options: Mapped[dict[str, Any]] = mapped_column(JSONB)
    birth_month: Mapped[int]
    birth_day: Mapped[int]

    def open(self, column: str) -> str:
        version, key_id, encoded = getattr(self, column).split(".")
        sealed = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_")
        place = f"{version}.{key_id}.{self.__tablename__}.{column}.{self.id}"
        return _cipher.decrypt(sealed[:12], sealed[12:], place.encode()).decode()


class Made(Base):
    __tablename__ = "daily_readings"
    reading_date: Mapped[date] = mapped_column(primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    edition: Mapped[int]
    content_version: Mapped[int]
    engine_version: Mapped[int]
    personal_year: Mapped[int]
    personal_month: Mapped[int]
    personal_day: Mapped[int]
    universal_day: Mapped[int]
    day_count: Mapped[int]
    life_path: Mapped[int]
    essence: Mapped[int | None]
    option_set: Mapped[str]


class Said(Base):
    __tablename__ = "core_readingresponse"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    user_id: Mapped[uuid.UUID]
    reading_date: Mapped[date]
    rang_true: Mapped[str]
    note: Mapped[str | None]
    answered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


async def database() -> Any:
    async with sessions() as session:
        yield session


Database = Annotated[AsyncSession, Depends(database)]


async def current_user(request: Request, db: Database) -> User:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    try:
        claims = jwt.decode(token, os.environ["JWT_SECRET_KEY"], algorithms=["HS256"])
    except jwt.InvalidTokenError:
        raise HTTPException(401) from None
    user = await db.get(User, uuid.UUID(claims["user_id"]))
    live = select(Session.id).where(
        Session.id == uuid.UUID(claims["session_id"]),
        Session.ended_at.is_(None),
        Session.expires_at > datetime.now(UTC),
    )
    is_live = await db.scalar(live)
    if scheme.lower() != "bearer" or user is None or is_live is None or claims["token_version"] != user.token_version:
        raise HTTPException(401)
    return user


async def limit(response: Response, user: Annotated[User, Depends(current_user)]) -> None:
    allowed, left, wait = await count_request(keys=[f"peer:limit:{user.id}"], args=[LIMIT, WINDOW])
    response.headers["X-RateLimit-Limit"] = str(LIMIT)
    response.headers["X-RateLimit-Remaining"] = str(left)
    response.headers["X-RateLimit-Reset"] = str(math.ceil(time.time() + wait / 1_000_000))
    if not allowed:
        raise HTTPException(429)


@app.get("/chart", dependencies=[Depends(limit)])
async def chart(request: Request, db: Database, user: Annotated[User, Depends(current_user)]) -> Response:
    profile = await primary_of(db, user)
    return answer(request, chart_of(profile, on=today_of(user)).to_dict())


@app.get("/reading", dependencies=[Depends(limit)])
async def reading(request: Request, db: Database, user: Annotated[User, Depends(current_user)]) -> Response:
    profile, today = await primary_of(db, user), today_of(user)
    both = (
        select(Made, Said)
        .outerjoin(Said, and_(Said.user_id == Made.user_id, Said.reading_date == Made.reading_date))
        .where(Made.reading_date == today, Made.user_id == user.id)
    )
    found = (await db.execute(both)).first()
    if found is None:
        raise HTTPException(404)
    made, _ = found
    library, reading_class = texts()
    numbers = Numbers(**{name: getattr(made, name) for name in FIELDS})
    words = compose(user.id, numbers, library, user.language)
    birthday, changes = (profile.birth_month, profile.birth_day), []
    if may_change_ahead(today, birthday):
        changes = changes_ahead(chart_of(profile, on=None, explain=False), today)
    shown = reading_class(numbers, words, birthday, changes, None)
    return answer(request, shown.to_dict())


@cache
def texts() -> tuple[Library, Any]:
    """Return the texts, and the class that puts a reading into plain data: ours, as the engine is.

    Django is needed to read them, and no request comes near it. It is brought in by the first reading, after the charts
    were measured, and hidden from the garbage collector.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "numerai.settings")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    django.setup()
    from core.selectors.content import get_library
    from core.selectors.readings import Reading

    library = get_library()
    gc.freeze()
    return library, Reading


async def primary_of(db: AsyncSession, user: User) -> Profile:
    profile = await db.scalar(select(Profile).where(Profile.user_id == user.id, Profile.is_primary))
    if profile is None:
        raise HTTPException(404)
    return profile


def chart_of(profile: Profile, *, on: date | None, explain: bool = True) -> BirthChart:
    return birth_chart(
        json.loads(profile.open("birth_name")),
        profile.open("birth_date"),
        on=on,
        preset=profile.preset,
        options=profile.options,
        explain=explain,
    )


def today_of(user: User) -> date:
    return datetime.now(ZoneInfo(user.time_zone)).date()


def answer(request: Request, data: dict[str, Any]) -> Response:
    request_id = request.headers.get("x-request-id") or uuid.uuid4().hex
    meta = {"timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"), "request_id": request_id}
    body = orjson.dumps({"success": True, "data": data, "meta": meta})
    return Response(body, media_type="application/json", headers={"X-Request-ID": request_id})


# What was imported for the readings' sake costs the charts no work of the garbage collector.
gc.freeze()
