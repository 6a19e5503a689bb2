"""Markdown that people or models write: what is kept, and what can never pass."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest

from numerai.markup import render_markdown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Plain & simple.", "<p>Plain &amp; simple.</p>"),
        ("A **strong** and an *exact* word.", "<p>A <strong>strong</strong> and an <em>exact</em> word.</p>"),
        ("- one\n- two", "<ul>\n<li>one</li>\n<li>two</li>\n</ul>"),
        ("1. one\n2. two", "<ol>\n<li>one</li>\n<li>two</li>\n</ol>"),
        ("one  \ntwo", "<p>one<br>\ntwo</p>"),
        ("# A heading", "A heading"),
        ("> A quotation", "<p>A quotation</p>"),
        ("`code`", "<p>code</p>"),
        (
            "[there](https://example.org/a)",
            '<p><a href="https://example.org/a" rel="noopener nofollow">there</a></p>',
        ),
    ],
)
def test_the_subset_is_rendered_and_the_rest_loses_its_form(text: str, expected: str) -> None:
    assert render_markdown(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '<a href="javascript:alert(1)">x</a>',
        "<svg/onload=alert(1)>",
        '<p onclick="alert(1)">x</p>',
        "<style>p{display:none}</style>",
        "<iframe src=https://example.org></iframe>",
        "<!-- <script> -->",
        "`<script>alert(1)</script>`",
        "    <script>alert(1)</script>",
        "![x](https://example.org/pixel.png)",
        '![x](x "onerror=alert(1)")',
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](java\tscript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](vbscript:msgbox)",
        "[x][1]\n\n[1]: javascript:alert(1)",
        "<javascript:alert(1)>",
        '[x](https://example.org "\\" onmouseover=alert(1) ")',
    ],
)
def test_nothing_that_runs_or_loads_gets_through(text: str) -> None:
    seen = Tags()
    seen.feed(render_markdown(text))
    assert seen.names <= {"p", "br", "strong", "em", "ul", "ol", "li", "a"}
    assert {name for name, _ in seen.attributes} <= {"href", "rel"}
    schemes = {urlsplit(value or "").scheme for name, value in seen.attributes if name == "href"}
    assert schemes <= {"", "https"}


class Tags(HTMLParser):
    """What a browser would take for tags, as Python's own parser sees it."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes += attrs
