"""Field encryption (AES-256-GCM) with key rotation, and blind indexes for values that must be found again.

An encrypted value is text: `v1.<key id>.<base64url of nonce and ciphertext>`. It is bound to its place: table, column
and row are authenticated with it, so a value copied into another row or column does not open.

FIELD_ENCRYPTION_KEYS is a list of `id:base64 of 32 bytes`. The first one encrypts; all of them decrypt. To rotate:
put a new key first, restart, run `manage.py rotate_field_encryption`, and only then take the old key out.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import re
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core import checks
from django.core.exceptions import FieldError
from django.db import models
from django.db.models.query_utils import DeferredAttribute

VERSION = "v1"
KEY_BYTES = 32
_NONCE_BYTES = 12
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}", re.ASCII)


class CryptoError(Exception):
    """Encryption or decryption failed. The text never holds a key or a value."""


class KeysMisconfigured(CryptoError):
    """FIELD_ENCRYPTION_KEYS or BLIND_INDEX_KEY is missing or malformed."""


class UnknownKey(CryptoError):
    """The value was encrypted with a key that is no longer in FIELD_ENCRYPTION_KEYS."""


class NotAuthentic(CryptoError):
    """The value was changed, is not an encrypted value, or belongs to another row or column."""


class Ciphertext(str):
    """An encrypted value as it is stored; what an encrypted field reads back before it is opened."""

    __slots__ = ()

    @property
    def key_id(self) -> str:
        """Return the id of the key that closed it, "" for something that is no encrypted value."""
        parts = self.split(".")
        return parts[1] if len(parts) == 3 and parts[0] == VERSION else ""


def parse_keys(entries: tuple[str, ...]) -> dict[str, bytes]:
    """Return {key id: key} in order. Raises KeysMisconfigured saying which entry is wrong, never what it holds."""
    keys: dict[str, bytes] = {}
    for position, entry in enumerate(entries, start=1):
        key_id, _, encoded = entry.strip().partition(":")
        if not _KEY_ID.fullmatch(key_id):
            raise KeysMisconfigured(f"entry {position} has no id of letters, digits, - and _ before a colon")
        if key_id in keys:
            raise KeysMisconfigured(f"entry {position} repeats an id")
        keys[key_id] = parse_key(encoded, f"entry {position}")
    if not keys:
        raise KeysMisconfigured("there is no key")
    return keys


def parse_key(encoded: str, what: str) -> bytes:
    """Return the 32 bytes of a base64 key. Raises KeysMisconfigured."""
    try:
        key = base64.b64decode(encoded.replace("-", "+").replace("_", "/") + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise KeysMisconfigured(f"{what} is not base64") from None
    if len(key) != KEY_BYTES:
        raise KeysMisconfigured(f"{what} does not hold {KEY_BYTES} bytes")
    return key


@lru_cache(maxsize=4)
def _ciphers(entries: tuple[str, ...]) -> dict[str, AESGCM]:
    return {key_id: AESGCM(key) for key_id, key in parse_keys(entries).items()}


def current_key_id() -> str:
    """Return the id of the key that new values are encrypted with."""
    return next(iter(_ciphers(tuple(settings.FIELD_ENCRYPTION_KEYS))))


def encrypt(plaintext: str, *, context: str) -> Ciphertext:
    """Encrypt text. `context` says where it will be kept; decrypt needs the same."""
    key_id, cipher = next(iter(_ciphers(tuple(settings.FIELD_ENCRYPTION_KEYS)).items()))
    nonce = os.urandom(_NONCE_BYTES)
    sealed = nonce + cipher.encrypt(nonce, plaintext.encode(), _authenticated(key_id, context))
    return Ciphertext(f"{VERSION}.{key_id}.{base64.urlsafe_b64encode(sealed).rstrip(b'=').decode()}")


def decrypt(value: str, *, context: str) -> str:
    """Open an encrypted value. Raises UnknownKey, or NotAuthentic if it was changed or closed in another context."""
    version, _, rest = value.partition(".")
    key_id, _, encoded = rest.partition(".")
    if version != VERSION or not encoded:
        raise NotAuthentic("this is not an encrypted value")
    cipher = _ciphers(tuple(settings.FIELD_ENCRYPTION_KEYS)).get(key_id)
    if cipher is None:
        raise UnknownKey("this value was encrypted with a key that is not configured")
    try:
        sealed = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
        opened = cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _authenticated(key_id, context))
    except (InvalidTag, ValueError):
        raise NotAuthentic("this value was changed or belongs elsewhere") from None
    return opened.decode()


def seal_bytes(plain: bytes, *, context: str) -> bytes:
    """Encrypt bytes for a place that holds bytes, such as the cache: like encrypt, without the cost of base64."""
    key_id, cipher = next(iter(_ciphers(tuple(settings.FIELD_ENCRYPTION_KEYS)).items()))
    nonce = os.urandom(_NONCE_BYTES)
    return (
        b"%s.%s." % (VERSION.encode(), key_id.encode())
        + nonce
        + cipher.encrypt(nonce, plain, _authenticated(key_id, context))
    )


def open_bytes(sealed: bytes, *, context: str) -> bytes:
    """Open what seal_bytes closed. Raises UnknownKey and NotAuthentic."""
    version, _, rest = sealed.partition(b".")
    key_id, _, closed = rest.partition(b".")
    if version != VERSION.encode() or len(closed) <= _NONCE_BYTES:
        raise NotAuthentic("this is not an encrypted value")
    name = key_id.decode("latin-1")
    cipher = _ciphers(tuple(settings.FIELD_ENCRYPTION_KEYS)).get(name)
    if cipher is None:
        raise UnknownKey("this value was encrypted with a key that is not configured")
    try:
        return cipher.decrypt(closed[:_NONCE_BYTES], closed[_NONCE_BYTES:], _authenticated(name, context))
    except InvalidTag:
        raise NotAuthentic("this value was changed or belongs elsewhere") from None


def _authenticated(key_id: str, context: str) -> bytes:
    return f"{VERSION}.{key_id}.{context}".encode()


@lru_cache(maxsize=4)
def _blind_key(encoded: str) -> bytes:
    return parse_key(encoded, "the key")


def blind_index(value: str | bytes, *, context: str) -> str:
    """Return a keyed hash by which an encrypted value can be found; equal values of one context have equal hashes.

    The caller brings the value into one form first (a phone number in E.164, an address lower-cased).
    """
    raw = value.encode() if isinstance(value, str) else value
    return hmac.new(_blind_key(settings.BLIND_INDEX_KEY), context.encode() + b"\0" + raw, hashlib.sha256).hexdigest()


class _EncryptedAttribute(DeferredAttribute):
    """Opens the value when it is first read: only then is the row known, and most rows are never read."""

    field: EncryptedTextField

    def __get__(self, instance: models.Model | None, cls: Any = None) -> Any:
        if instance is None:
            return self
        values = instance.__dict__
        if self.field.attname not in values:
            super().__get__(instance, cls)
        value = values.get(self.field.attname)
        if isinstance(value, Ciphertext):
            value = values[self.field.attname] = self.field.open(instance.pk, value)
        return value

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]  # the class takes none when it runs
    """Text that the database holds encrypted, bound to table, column and primary key.

    What it asks of a model: a primary key made in Python (`default=numerai.db.uuid7`), because it must be known before
    the row is written; a system check says so. The key of a row must never change.
    What it cannot do: be filtered or ordered by (only `isnull`), be a default of the database, or be written by
    `update()` and `bulk_update()`, which never see the row: use `seal(pk, value)` there. `values()` gives the
    Ciphertext, which `open(pk, ciphertext)` opens. Null stays null.
    """

    descriptor_class = _EncryptedAttribute

    def context(self, pk: Any) -> str:
        """Return what a value is bound to."""
        return f"{self.model._meta.db_table}.{self.column}.{pk}"

    def seal(self, pk: Any, value: Any) -> Ciphertext:
        """Encrypt a value for the row `pk`."""
        return encrypt(self.value_to_text(value), context=self.context(pk))

    def open(self, pk: Any, value: str) -> Any:
        """Decrypt a value of the row `pk`."""
        return self.value_from_text(decrypt(value, context=self.context(pk)))

    def value_to_text(self, value: Any) -> str:
        return str(value)

    def value_from_text(self, text: str) -> Any:
        return text

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = model_instance.__dict__.get(self.attname)
        if value is None or isinstance(value, Ciphertext):
            return value
        if model_instance.pk is None or hasattr(model_instance.pk, "resolve_expression"):
            raise CryptoError(f"{self.model._meta.label} must have its primary key before {self.name} is encrypted")
        return self.seal(model_instance.pk, value)

    def get_prep_value(self, value: Any) -> Any:
        if value is None or isinstance(value, Ciphertext):
            return value
        raise CryptoError(f"{self.name} takes seal(pk, value) here: the row it belongs to is not known")

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        prepared_value = value if prepared else self.get_prep_value(value)
        return None if prepared_value is None else str.__str__(prepared_value)

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Ciphertext | None:
        return None if value is None else Ciphertext(value)

    def value_to_string(self, obj: models.Model) -> str:
        return str(self.pre_save(obj, False))

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise FieldError(f"{self.name} is encrypted and cannot be searched; keep a blind index beside it")
        return super().get_lookup(lookup_name)

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        found = super().check(**kwargs)
        key = self.model._meta.pk
        if key is None or not key.has_default():
            found.append(
                checks.Error(
                    "An encrypted field needs a primary key that is made in Python.",
                    hint="Give the primary key default=numerai.db.uuid7.",
                    obj=self,
                    id="numerai.E020",
                )
            )
        return found


class EncryptedJSONField(EncryptedTextField):
    """Anything JSON can hold, kept encrypted like EncryptedTextField."""

    def value_to_text(self, value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def value_from_text(self, text: str) -> Any:
        return json.loads(text)

    def to_python(self, value: Any) -> Any:
        return value
