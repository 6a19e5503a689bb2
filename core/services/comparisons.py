"""The comparisons that a member has made: kept, listed, forgotten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from authentication.models import User
from core.models import Comparison
from numerai.api.exceptions import NotFound

# So many are kept; one more ends the oldest.
KEPT = 100
_SIDES = ("first", "second")


def remember_comparison(
    *,
    user_id: UUID,
    profile_ids: Sequence[UUID | None],
    labels: Sequence[str | None],
    compared: Mapping[str, Any],
    score: Mapping[str, Any] | None,
) -> Comparison:
    """Keep the numbers of what was `compared`, by whom they are, and what came out; no name and no birth date."""
    result: Any = {
        "labels": list(labels),
        "numbers": [
            {pair["position"]: pair[side] and pair[side]["value"] for pair in compared["pairs"]} for side in _SIDES
        ],
        "relationship": compared["relationship"]["value"],
        "relation": score and score["relation"],
        "score": score and score["value"],
    }
    first, second = profile_ids
    with transaction.atomic():
        # One at a time for each member, so that two at once do not leave more than are kept.
        User.objects.select_for_update(no_key=True).only("pk").get(pk=user_id)
        kept = Comparison.objects.create(
            user_id=user_id, first_profile_id=first, second_profile_id=second, result=result
        )
        mine = Comparison.objects.filter(user_id=user_id)
        mine.filter(pk__in=mine.order_by("-created_at", "-pk").values("pk")[KEPT:]).delete()
    return kept


def forget_comparison(*, user_id: UUID, comparison_id: UUID) -> None:
    """Forget one comparison. Raises NotFound."""
    deleted, _ = Comparison.objects.filter(user_id=user_id, pk=comparison_id).delete()
    if not deleted:
        raise NotFound


def forget_comparisons(user_id: UUID) -> None:
    """Forget every comparison of a member."""
    Comparison.objects.filter(user_id=user_id).delete()
