"""The words of the product: files, the rules they keep, and what is served from them.

`catalogue` says what texts there are, `files` reads them, `rules` and `checks` hold them to docs/writing.md; these need
neither a database nor settings. `library` is what a running process serves from memory.
"""
