"""The servers and the supervisor behind script/up and script/test.

    up.py          script/up: checks, secrets, servers, migrations, then web, worker and beat until Ctrl-C
    supervisor.py  keeps programs running, prefixes their output, stops them in order
    postgres.py    the embedded PostgreSQL 18
    valkey.py      the embedded Valkey
    processes.py   starting a process that cannot outlive its parent, and recognising one's own
    child.py       the small program in between: changes identity, ties itself to its parent, becomes the command
    layout.py      where data, sockets and locks lie
    secrets.py     what a development machine generates once and keeps

Nothing here needs Django to be set up. Every failure a person can mend is an EmbeddedError with one sentence.
"""


class EmbeddedError(Exception):
    """Something the person at the keyboard can mend. The text is one sentence that says what and how."""
