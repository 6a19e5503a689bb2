"""Tables as files: CSV, XLSX and JSON, written row by row and read with django-import-export."""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence

import openpyxl
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from import_export.formats.base_formats import CSV, JSON, XLSX

MOST_BYTES = 5_000_000
FORMATS = {"csv": CSV, "xlsx": XLSX, "json": JSON}

Row = Mapping[str, object]


class UnreadableTable(Exception):
    """A file that is no table as we use it; the text says what would be taken."""


class _Line:
    """What csv.writer writes to: hands each line on instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def read_table(name: str, content: bytes) -> list[Row]:
    """Return the rows of an uploaded table, told by its name's ending. Raises UnreadableTable."""
    kind = FORMATS.get(name.rpartition(".")[2].lower())
    if kind is None:
        raise UnreadableTable(f"Takes a file that ends in {', '.join(f'.{ending}' for ending in FORMATS)}.")
    if len(content) > MOST_BYTES:
        raise UnreadableTable(f"Takes at most {MOST_BYTES // 1_000_000} MB.")
    source = kind(encoding="utf-8-sig") if kind is CSV else kind()
    try:
        rows: list[Row] = source.create_dataset(content if source.is_binary() else content.decode("utf-8-sig")).dict
    except Exception as error:
        # Every format has errors of its own for a file that is none.
        raise UnreadableTable("This file cannot be read as the table that its name says it is.") from error
    return rows


def write_table(kind: str, columns: Sequence[str], rows: Iterable[Row], *, name: str) -> HttpResponseBase:
    """Return a file of the rows as they come: none of the kinds holds more than one of them in memory."""
    disposition = {"Content-Disposition": f'attachment; filename="{name}.{kind}"'}
    if kind == "xlsx":
        return FileResponse(_workbook(columns, rows), as_attachment=True, filename=f"{name}.xlsx")
    if kind == "json":
        return StreamingHttpResponse(_json(rows), content_type="application/json", headers=disposition)
    return StreamingHttpResponse(_csv(columns, rows), content_type="text/csv; charset=utf-8", headers=disposition)


def _csv(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield writer.writerow(columns)
    for row in rows:
        yield writer.writerow([row[column] for column in columns])


def _json(rows: Iterable[Row]) -> Iterator[str]:
    opening = "[\n"
    for row in rows:
        yield opening + json.dumps(row, ensure_ascii=False)
        opening = ",\n"
    yield "[]\n" if opening == "[\n" else "\n]\n"


def _workbook(columns: Sequence[str], rows: Iterable[Row]) -> tempfile.SpooledTemporaryFile[bytes]:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("texts")
    sheet.append(list(columns))
    for row in rows:
        # A text that begins with "=" stays a text.
        sheet.append([_text_cell(sheet, row[column]) for column in columns])
    # Ended by the response that sends it.
    file: tempfile.SpooledTemporaryFile[bytes] = tempfile.SpooledTemporaryFile(max_size=1_000_000)  # noqa: SIM115
    book.save(file)
    file.seek(0)
    return file


def _text_cell(sheet: object, value: object) -> object:
    cell = openpyxl.cell.WriteOnlyCell(sheet, value=value)
    if isinstance(value, str):
        cell.data_type = "s"
    return cell
