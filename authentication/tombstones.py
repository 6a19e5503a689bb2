"""What remembers, outside the database and its backups, who was erased: a restored backup is erased again by it.

One empty file a member in TOMBSTONE_FOLDER, named by a keyed hash of the member's id. Without BLIND_INDEX_KEY a name
tells nothing; with it, it tells whether an id that is known already was erased.
"""

from __future__ import annotations

import os
from pathlib import Path
from uuid import UUID

from django.conf import settings

from numerai.crypto import blind_index


def mark_of(user_id: UUID) -> str:
    """Return the keyed hash that stands for a member."""
    return blind_index(str(user_id), context="authentication.tombstone")


def place(user_id: UUID) -> None:
    """Remember that a member is erased. On disk when this returns; doing so twice changes nothing. Raises OSError."""
    folder = Path(settings.TOMBSTONE_FOLDER)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(folder / mark_of(user_id), os.O_WRONLY | os.O_CREAT, 0o600))
    # The name is all there is to the file, and names are written with the folder.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def is_placed(user_id: UUID) -> bool:
    """Say whether a member was erased once."""
    return (Path(settings.TOMBSTONE_FOLDER) / mark_of(user_id)).is_file()
