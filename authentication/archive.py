"""The ZIP of a member's export: one JSON file a section, folders by app, and a page that says what is in it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from datetime import datetime
from typing import Any

_README = """\
Everything that NumerAI holds about you, as of {made_at:%Y-%m-%d %H:%M} UTC.

Each file holds one kind of thing, as JSON: plain text that any editor opens and any program reads. Times are UTC.

{files}

Left out are secrets (your password's hash, the key of your authenticator) and one-way hashes that we use to slow down
guessing. They say nothing about you that is not in these files.

Keep this file where only you can open it.
"""


def pack(sections: Mapping[str, Mapping[str, Any]], *, made_at: datetime) -> bytes:
    """Return the ZIP of {app: {section: JSON-safe data}}."""
    files = {
        f"{app}/{section}.json": json.dumps(data, ensure_ascii=False, indent=2) + "\n"
        for app, held in sorted(sections.items())
        for section, data in sorted(held.items())
    }
    readme = _README.format(made_at=made_at, files="\n".join(f"  {name}" for name in files))
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {"README.txt": readme, **files}.items():
            archive.writestr(zipfile.ZipInfo(name, made_at.timetuple()[:6]), text, zipfile.ZIP_DEFLATED)
    return written.getvalue()
