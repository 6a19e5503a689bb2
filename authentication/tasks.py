from uuid import UUID

from celery import shared_task
from django.utils import timezone

from authentication.services import api_key_usage, cleaning, erasure, exports


@shared_task
def purge_expired() -> None:
    """Forget old codes, sessions and unproven accounts. Safe to run twice."""
    cleaning.purge_expired(now=timezone.now())


@shared_task
def make_export(export_id: str) -> None:
    """Make one copy of a member's data. Safe to run twice."""
    exports.make(export_id=UUID(export_id), now=timezone.now())


@shared_task
def make_overdue_exports() -> None:
    """Begin again with the copies that got stuck. Safe to run twice."""
    for export_id in exports.list_overdue(now=timezone.now()):
        make_export.delay(str(export_id))


@shared_task
def fold_api_key_usage() -> None:
    """Write down how often keys were used. Safe to run twice."""
    api_key_usage.write_counts(now=timezone.now())


@shared_task
def erase_due_accounts() -> None:
    """Go on with every erasure that is due, each in a task of its own. Safe to run twice."""
    for deletion_id in erasure.list_due(now=timezone.now()):
        erase_account.delay(str(deletion_id))


# Every table is searched for what is left, which may take longer than other tasks may.
@shared_task(time_limit=3600)
def erase_account(deletion_id: str) -> None:
    """Take one erasure as far as it goes now. Safe to run twice."""
    erasure.erase_account(deletion_id=UUID(deletion_id), now=timezone.now())
