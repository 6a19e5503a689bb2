"""Text that people or models write: a small subset of Markdown, rendered and cleaned by an allow-list."""

from __future__ import annotations

from functools import lru_cache

import nh3
from markdown_it import MarkdownIt

TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "a"}
# Links that lead somewhere a reader may be sent; what has no scheme stays on our own pages.
SCHEMES = {"https", "http", "mailto"}


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False})
    return parser.disable(["image", "html_block", "html_inline"])


def render_markdown(text: str) -> str:
    """Return safe HTML of at most the tags p, br, strong, em, ul, ol, li and a[href].

    HTML in the text is shown as it was typed; a heading or quotation keeps its words and loses its form.
    """
    return nh3.clean(
        _markdown().render(text),
        tags=TAGS,
        # Without the star, titles and languages would be let through on every tag.
        attributes={"*": set(), "a": {"href"}},
        url_schemes=SCHEMES,
        link_rel="noopener nofollow",
    ).strip()
