"""Encrypt anew, with the current key, every value that an older key encrypted."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import models
from django.db.models import ExpressionWrapper, F, TextField

from numerai.crypto import CryptoError, EncryptedTextField, current_key_id


class Command(BaseCommand):
    help = (
        "Encrypt anew every value that is not under the first of FIELD_ENCRYPTION_KEYS. Safe while the product runs, "
        "and to stop and start again: what is done is skipped. Ends with 1 if a value could not be opened."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--batch-size", type=int, default=500)

    def handle(self, *args: Any, batch_size: int, **options: Any) -> None:
        key_id = current_key_id()
        failed = 0
        for model in apps.get_models():
            for field in model._meta.concrete_fields:
                if isinstance(field, EncryptedTextField):
                    done, unopened = rotate(model, field, batch_size=batch_size)
                    failed += unopened
                    self.stdout.write(f"{model._meta.label}.{field.name}: {done} now under {key_id}, {unopened} failed")
        if failed:
            raise CommandError(f"{failed} values could not be opened; their keys must stay in FIELD_ENCRYPTION_KEYS.")


def rotate(model: type[models.Model], field: EncryptedTextField, *, batch_size: int) -> tuple[int, int]:
    """Rotate one column in the order of the primary key; return how many were rotated and how many did not open.

    Each value is replaced on the condition that it still is what was read, so a write of the product in between wins;
    that write used the current key anyway.
    """
    raw = ExpressionWrapper(F(field.attname), output_field=TextField())
    stored = model._base_manager.annotate(stored=raw)
    waiting = stored.exclude(stored__startswith=f"v1.{current_key_id()}.").exclude(stored=None).order_by("pk")
    done = failed = 0
    last: Any = None
    while batch := list(
        (waiting if last is None else waiting.filter(pk__gt=last)).values_list("pk", "stored")[:batch_size]
    ):
        for pk, old in batch:
            last = pk
            try:
                new = field.seal(pk, field.open(pk, old))
            except CryptoError:
                failed += 1
                continue
            done += stored.filter(pk=pk, stored=old).update(**{field.attname: new})
    return done, failed
