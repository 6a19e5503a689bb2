import base64
from collections.abc import Iterator
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from django.core.exceptions import FieldError
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.db.models.functions import Now
from django.test.utils import isolate_apps
from django.utils import timezone

from numerai import crypto
from numerai.api.management.commands.rotate_field_encryption import rotate
from numerai.api.models import IdempotencyKey
from numerai.crypto import (
    Ciphertext,
    CryptoError,
    EncryptedJSONField,
    EncryptedTextField,
    KeysMisconfigured,
    NotAuthentic,
    UnknownKey,
    blind_index,
    decrypt,
    encrypt,
    open_bytes,
    parse_keys,
    seal_bytes,
)
from numerai.db import UUIDv7, uuid7

OLD = "old:" + base64.b64encode(b"1" * 32).decode()
NEW = "new:" + base64.b64encode(b"2" * 32).decode()


def test_what_was_encrypted_is_read_again() -> None:
    sealed = encrypt("Zoë 😀", context="t.c.1")
    assert "Zoë" not in sealed
    assert decrypt(sealed, context="t.c.1") == "Zoë 😀"


def test_the_same_text_never_looks_the_same() -> None:
    assert encrypt("a", context="x") != encrypt("a", context="x")


def test_the_key_id_is_in_the_value(settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    assert encrypt("a", context="x").key_id == "new"


def test_a_value_of_another_row_does_not_open() -> None:
    sealed = encrypt("a", context="t.c.1")
    with pytest.raises(NotAuthentic):
        decrypt(sealed, context="t.c.2")


@pytest.mark.parametrize("position", [-5, -10, 12])
def test_a_changed_value_does_not_open(position: int) -> None:
    sealed = encrypt("some text of a person", context="x")
    changed = list(sealed)
    changed[position] = "A" if changed[position] != "A" else "B"
    with pytest.raises(NotAuthentic):
        decrypt("".join(changed), context="x")


@pytest.mark.parametrize("value", ["", "plain", "v1.test1.", "v1.test1.!!!!", "v2.test1.AAAA", "v1.test1.AAAA"])
def test_what_is_no_encrypted_value_does_not_open(value: str) -> None:
    with pytest.raises(NotAuthentic):
        decrypt(value, context="x")


def test_a_value_under_a_key_id_that_was_changed_does_not_open(settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [OLD, NEW]
    sealed = encrypt("a", context="x").replace("v1.old.", "v1.new.")
    with pytest.raises(NotAuthentic):
        decrypt(sealed, context="x")


def test_a_key_that_was_taken_out_is_named_as_the_reason(settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    sealed = encrypt("a", context="x")
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    with pytest.raises(UnknownKey):
        decrypt(sealed, context="x")


@pytest.mark.parametrize(
    "entries",
    [(), ("",), ("k1",), ("k1:short",), ("k1:!!!!",), (OLD, OLD), (":" + OLD.partition(":")[2],), ("a b:" + "A" * 43,)],
)
def test_malformed_keys_are_refused_without_showing_them(entries: tuple[str, ...]) -> None:
    with pytest.raises(KeysMisconfigured) as refused:
        parse_keys(entries)
    assert "short" not in str(refused.value)


def test_bytes_are_sealed_for_one_place_and_open_there_only() -> None:
    sealed = seal_bytes(b"\x00 Ada \xff", context="here")
    assert b"Ada" not in sealed
    assert open_bytes(sealed, context="here") == b"\x00 Ada \xff"
    assert seal_bytes(b"\x00 Ada \xff", context="here") != sealed
    with pytest.raises(NotAuthentic):
        open_bytes(sealed, context="there")
    with pytest.raises(NotAuthentic):
        open_bytes(sealed[:-1] + bytes([sealed[-1] ^ 1]), context="here")


@pytest.mark.parametrize("sealed", [b"", b"v1", b"v1.test1", b"v1.test1.short", b"v2.test1.0123456789abcdef", b"plain"])
def test_bytes_that_were_not_sealed_do_not_open(sealed: bytes) -> None:
    with pytest.raises(NotAuthentic):
        open_bytes(sealed, context="here")


def test_bytes_under_a_key_that_was_taken_out_do_not_open(settings: Any) -> None:
    sealed = seal_bytes(b"Ada", context="here")
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    with pytest.raises(UnknownKey):
        open_bytes(sealed, context="here")


def test_a_blind_index_is_the_same_for_the_same_value_only(settings: Any) -> None:
    index = blind_index("+4930123", context="phone")
    assert index == blind_index("+4930123", context="phone")
    assert index != blind_index("+4930124", context="phone")
    assert index != blind_index("+4930123", context="email")
    settings.BLIND_INDEX_KEY = base64.b64encode(b"3" * 32).decode()
    assert index != blind_index("+4930123", context="phone")


def test_identifiers_made_in_python_are_version_7_and_ascend() -> None:
    made = [uuid7() for _ in range(100)]
    assert {(one.version, one.variant) for one in made} == {(7, UUID(int=2**63).variant)}
    assert len(set(made)) == 100
    assert [one.int >> 80 for one in made] == sorted(one.int >> 80 for one in made)


# A model with encrypted fields


@pytest.fixture
def note(transactional_db: None) -> Iterator[Any]:
    """A throw-away model with its table."""
    with isolate_apps("numerai.api"):

        class Note(models.Model):
            id = models.UUIDField(primary_key=True, default=uuid7)
            text = EncryptedTextField(null=True)
            facts = EncryptedJSONField(null=True)
            plain = models.TextField(default="")

            class Meta:
                app_label = "api"
                db_table = "test_note"

    with connection.schema_editor() as editor:
        editor.create_model(Note)
    yield Note
    with connection.schema_editor() as editor:
        editor.delete_model(Note)


def stored(column: str = "text") -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM test_note")  # noqa: S608
        (value,) = cursor.fetchone()
    return str(value)


def test_a_field_is_clear_in_python_and_encrypted_in_the_table(note: Any) -> None:
    created = note.objects.create(text="born in Kathmandu", facts={"born": "1990-07-14"})
    assert created.text == "born in Kathmandu"
    read = note.objects.get()
    assert (read.text, read.facts) == ("born in Kathmandu", {"born": "1990-07-14"})
    assert stored().startswith("v1.")
    assert "Kathmandu" not in stored() + stored("facts")
    assert "1990" not in stored("facts")


def test_null_stays_null_and_empty_stays_empty(note: Any) -> None:
    note.objects.create(text="", facts=None)
    read = note.objects.get()
    assert (read.text, read.facts) == ("", None)
    assert note.objects.filter(facts__isnull=True).count() == 1
    assert stored().startswith("v1.")


def test_a_value_copied_to_another_row_does_not_open(note: Any) -> None:
    first, second = note.objects.create(text="a"), note.objects.create(text="b")
    sealed = note.objects.values_list("text", flat=True).get(pk=first.pk)
    note.objects.filter(pk=second.pk).update(text=sealed)
    with pytest.raises(NotAuthentic):
        _ = note.objects.get(pk=second.pk).text


def test_many_rows_are_written_at_once(note: Any) -> None:
    note.objects.bulk_create([note(text="a"), note(text="b")])
    assert sorted(row.text for row in note.objects.all()) == ["a", "b"]


def test_changes_are_saved_and_read_again(note: Any) -> None:
    row = note.objects.create(text="a")
    row.text = "b"
    row.save(update_fields=["text"])
    row.refresh_from_db()
    assert row.text == "b"


def test_saving_a_row_that_was_not_opened_keeps_the_stored_value(note: Any) -> None:
    note.objects.create(text="a")
    before = stored()
    row = note.objects.get()
    row.plain = "changed"
    row.save()
    assert stored() == before


def test_a_deferred_field_is_read_when_it_is_asked_for(note: Any) -> None:
    note.objects.create(text="a")
    assert note.objects.defer("text").get().text == "a"


def test_values_are_sealed_for_a_known_row(note: Any) -> None:
    row = note.objects.create(text="a")
    field = note._meta.get_field("text")
    note.objects.filter(pk=row.pk).update(text=field.seal(row.pk, "b"))
    assert note.objects.get().text == "b"
    ciphertext = note.objects.values_list("text", flat=True).get()
    assert isinstance(ciphertext, Ciphertext)
    assert field.open(row.pk, ciphertext) == "b"


def test_an_update_that_does_not_know_its_row_is_refused(note: Any) -> None:
    row = note.objects.create(text="a")
    with pytest.raises(CryptoError):
        note.objects.update(text="b")
    row.text = "b"
    with pytest.raises(CryptoError):
        note.objects.bulk_update([row], ["text"])


@pytest.mark.parametrize("lookup", ["text", "text__contains", "text__startswith", "text__in"])
def test_an_encrypted_field_cannot_be_searched(note: Any, lookup: str) -> None:
    with pytest.raises(FieldError):
        note.objects.filter(**{lookup: "a"}).exists()


@isolate_apps("numerai.api")
def test_a_key_made_by_the_database_is_a_start_up_error() -> None:
    class Careless(models.Model):
        id = models.UUIDField(primary_key=True, db_default=UUIDv7())
        text = EncryptedTextField()

        class Meta:
            app_label = "api"

    found = Careless.check()
    assert [message.id for message in found] == ["numerai.E020"]
    with pytest.raises(CryptoError):
        Careless._meta.get_field("text").pre_save(Careless(text="a"), True)


# Rotation


def test_rotation_puts_every_value_under_the_current_key(note: Any, settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    note.objects.bulk_create([note(text=f"note {number}") for number in range(7)])
    note.objects.create(text=None)
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    note.objects.create(text="written meanwhile")
    field = note._meta.get_field("text")
    assert rotate(note, field, batch_size=3) == (7, 0)
    assert rotate(note, field, batch_size=3) == (0, 0)
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    texts = [row.text for row in note.objects.exclude(text__isnull=True)]
    assert sorted(texts) == [f"note {number}" for number in range(7)] + ["written meanwhile"]


def test_rotation_leaves_a_value_that_was_written_meanwhile(
    note: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    row = note.objects.create(text="before")
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    field = note._meta.get_field("text")
    really = type(field).seal

    def write_in_between(self: Any, pk: Any, value: Any) -> Ciphertext:
        monkeypatch.undo()
        settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
        note.objects.filter(pk=row.pk).update(text=really(self, pk, "after"))
        return really(self, pk, value)

    monkeypatch.setattr(type(field), "seal", write_in_between)
    assert rotate(note, field, batch_size=3) == (0, 0)
    assert note.objects.get().text == "after"


def test_a_value_that_does_not_open_is_counted_and_passed_over(note: Any, settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    note.objects.create(text="lost")
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert rotate(note, note._meta.get_field("text"), batch_size=3) == (0, 1)


@pytest.mark.django_db
def test_the_command_rotates_every_model_and_says_what_it_did(settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    row = IdempotencyKey.objects.create(
        user_id=uuid7(), key="k", status=200, body="{}", locked_until=timezone.now(), expires_at=timezone.now()
    )
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    out = StringIO()
    call_command("rotate_field_encryption", stdout=out)
    assert "api.IdempotencyKey.body: 1 now under new, 0 failed" in out.getvalue()
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert IdempotencyKey.objects.get(pk=row.pk).body == "{}"


@pytest.mark.django_db
def test_the_command_fails_when_a_value_cannot_be_opened(settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    IdempotencyKey.objects.create(
        user_id=uuid7(), key="k", status=200, body="{}", locked_until=timezone.now(), expires_at=Now()
    )
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    with pytest.raises(CommandError, match="1 values"):
        call_command("rotate_field_encryption", stdout=StringIO())


def test_errors_never_hold_the_value() -> None:
    with pytest.raises(CryptoError) as refused:
        decrypt("Ada Lovelace", context="x")
    assert "Lovelace" not in str(refused.value)
    assert crypto.VERSION == "v1"
