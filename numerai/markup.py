"""Text that people or models write: a small subset of Markdown, rendered and cleaned by an allow-list."""

from __future__ import annotations

from functools import lru_cache
from html.parser import HTMLParser

import nh3
from markdown_it import MarkdownIt

TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "a"}
_NEW_LINE = "\n"
# Links that lead somewhere a reader may be sent; what has no scheme stays on our own pages.
SCHEMES = {"https", "http", "mailto"}


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False})
    return parser.disable(["image", "html_block", "html_inline"])


def render_markdown(text: str, *, base: str = "") -> str:
    """Return safe HTML of at most the tags p, br, strong, em, ul, ol, li and a[href].

    HTML in the text is shown as it was typed; a heading or quotation keeps its words and loses its form. `base` is the
    address of our pages, for readers who are elsewhere, as in a mail: links without a host are made whole with it.
    """
    return nh3.clean(
        _markdown().render(text),
        tags=TAGS,
        # Without the star, titles and languages would be let through on every tag.
        attributes={"*": set(), "a": {"href"}},
        url_schemes=SCHEMES,
        link_rel="noopener nofollow",
        url_relative=("rewrite_with_base", base) if base else None,
    ).strip()


def text_of(html: str) -> str:
    """Return what render_markdown made as plain text: paragraphs with empty lines between, links with their address."""
    words = _Words()
    words.feed(html)
    words.close()
    return "\n\n".join(part for part in words.parts if part)


class _Words(HTMLParser):
    """Collects paragraphs and lists; a list is one part, a line an item."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = [""]
        # Of each open list: None for dots, else the number of the last item.
        self._lists: list[int | None] = []
        self._link: tuple[str, int] = "", 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("ul", "ol"):
            self._lists.append(0 if tag == "ol" else None)
        elif tag == "li" and self._lists:
            last = self._lists[-1]
            self._lists[-1] = None if last is None else last + 1
            indent = "  " * (len(self._lists) - 1)
            mark = "-" if last is None else f"{last + 1}."
            self._add(f"{_NEW_LINE if self.parts[-1] else ''}{indent}{mark} ")
        elif tag == "br":
            self._add("\n")
        elif tag == "a":
            self._link = dict(attrs).get("href") or "", len(self.parts[-1])

    def handle_endtag(self, tag: str) -> None:
        if tag in ("ul", "ol"):
            self._lists.pop()
        if tag in ("p", "ul", "ol") and not self._lists:
            self.parts[-1] = self.parts[-1].strip()
            self.parts.append("")
        elif tag == "a":
            address, start = self._link
            if address and self.parts[-1][start:] != address:
                self._add(f" ({address.removeprefix('mailto:')})")

    def handle_data(self, data: str) -> None:
        # Line breaks between tags are the renderer's; those inside a sentence are a space.
        if data.strip() or not data.startswith("\n"):
            self._add(" ".join(data.split("\n")))

    def _add(self, text: str) -> None:
        self.parts[-1] += text
