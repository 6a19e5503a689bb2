"""What the daily path tells members, made by the set: one statement for as many members as were claimed."""

from __future__ import annotations

import math
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from psycopg import sql

from notifications import queues
from notifications.addresses import MEMBER
from notifications.kinds import CHOICES, RULES, Channel, Kind, Outlet, Topic
from notifications.models import State

# One worker more is woken for each so many deliveries, up to the most.
_A_WORKER = 5_000
_WORKERS = 8

# A member's own quiet hours, which may go past midnight.
_IS_QUIET = """
CASE WHEN q.starts_at < q.ends_at THEN c.local_time >= q.starts_at AND c.local_time < q.ends_at
    ELSE c.local_time >= q.starts_at OR c.local_time < q.ends_at END
"""
# OFFSET 0 has every table looked up by index, member by member, whatever the planner thinks of the sizes: read as a
# whole for each chunk, they would make it the slower the more members there are.
_INSERT = """
WITH member AS MATERIALIZED (
    SELECT c.user_id, c.reading_date, {send_at} AS send_at, c.send_until, {subject} AS subject,
        coalesce(push.choice, %(push)s) <> 'off' AND (q.user_id IS NULL OR c.local_time IS NULL OR NOT {is_quiet})
            AS takes_push,
        coalesce(mail.choice, %(mail)s) AS mail
    FROM {claimed} AS c
    LEFT JOIN LATERAL (
        SELECT choice FROM notifications_preference
        WHERE user_id = c.user_id AND topic = %(topic)s AND outlet = 'push' OFFSET 0
    ) AS push ON true
    LEFT JOIN LATERAL (
        SELECT choice FROM notifications_preference
        WHERE user_id = c.user_id AND topic = %(topic)s AND outlet = 'email' OFFSET 0
    ) AS mail ON true
    LEFT JOIN LATERAL (SELECT * FROM notifications_quiethours WHERE user_id = c.user_id OFFSET 0) AS q ON true
    WHERE c.send_until > %(now)s
), wanted AS (
    SELECT m.user_id, m.reading_date, m.send_at, m.send_until, m.subject, d.channel, d.id::text AS target
    FROM member AS m CROSS JOIN LATERAL (
        SELECT id, channel FROM notifications_device WHERE user_id = m.user_id AND retired_at IS NULL OFFSET 0
    ) AS d
    WHERE m.takes_push
    UNION ALL
    SELECT m.user_id, m.reading_date, m.send_at, m.send_until, m.subject, %(email)s, %(member)s
    FROM member AS m
    WHERE m.mail = 'on' OR m.mail = 'without_device' AND NOT EXISTS (
        SELECT FROM notifications_device AS d WHERE d.user_id = m.user_id AND d.retired_at IS NULL OFFSET 0
    )
)
INSERT INTO notifications_delivery (
    id, due_on, user_id, kind, channel, priority, subject, target, language, state, attempts, send_at, expires_at,
    outcome, provider_message_id
)
SELECT uuidv7(), reading_date, user_id, %(kind)s, channel, %(priority)s, subject, target, '', %(state)s, 0, send_at,
    send_until, '', ''
FROM wanted ORDER BY user_id
ON CONFLICT DO NOTHING
"""
# Its hour is the reading's; it comes an hour after that, so that no phone rings twice in a minute.
_LATER = "CASE WHEN c.due_at + interval '1 hour' < c.send_until THEN c.due_at + interval '1 hour' ELSE c.due_at END"
_INTO_INBOXES = """
INSERT INTO notifications_inboxitem (id, user_id, kind, subject)
SELECT uuidv7(), c.user_id, %(kind)s, c.subject FROM {claimed} AS c
WHERE (
    SELECT count(*) FROM notifications_preference AS p
    WHERE p.user_id = c.user_id AND p.topic = %(topic)s AND p.choice = 'off'
) < 2
ORDER BY c.user_id
ON CONFLICT DO NOTHING
"""


def insert_reading_deliveries(cursor: Any, *, claimed: str, now: datetime) -> int:
    """Queue the daily reading of every member in the table `claimed`; return how many deliveries are new.

    For the transaction that prepares the readings. `claimed` names a table (a temporary one, analysed) with

        user_id       uuid         not null
        reading_date  date         not null   the day of the reading, which makes the delivery the one it is
        due_at        timestamptz  not null   the hour that the member chose; lateness counts from it
        send_until    timestamptz  not null   nothing is sent or shown after it: the end of the member's day, or four
                                              hours after due_at, whichever comes first; members past it get no delivery
        local_time    time         null       null where the reading comes at the hour that was chosen, which wins over
                                              quiet hours; where it is late, what the member's clock shows now

    A member gets one push on each live device unless they switched pushes of readings off, and an e-mail if they want
    one, or by default if they have no device at all. Rows that exist stay as they are, so this may run again.
    The deliveries hold neither address nor text nor language: those are the member's own at the time of sending
    (notifications.sources). On commit the senders are woken.
    """
    return _insert(cursor, Kind.DAILY_READING, claimed=claimed, subject="''", send_at="c.due_at", now=now)


def insert_change_deliveries(cursor: Any, *, claimed: str, now: datetime) -> int:
    """Tell every member in the table `claimed` of a change of their cycles; return how many deliveries are new.

    As insert_reading_deliveries, with one column more: `subject` text, which change it is and how many days ahead. Who
    has not switched both outlets off finds it in the inbox too. It is told an hour after the reading, where that is
    still within send_until, and quiet hours hold it back.
    """
    arguments = {"kind": Kind.CYCLE_CHANGE.value, "topic": Topic.CYCLE_CHANGES.value}
    cursor.execute(sql.SQL(_INTO_INBOXES).format(claimed=sql.Identifier(claimed)).as_string(None), arguments)
    return _insert(cursor, Kind.CYCLE_CHANGE, claimed=claimed, subject="c.subject", send_at=_LATER, now=now)


def _insert(cursor: Any, kind: Kind, *, claimed: str, subject: str, send_at: str, now: datetime) -> int:
    rule = RULES[kind]
    assert rule.topic is not None  # noqa: S101 - tells mypy what both rules say
    defaults = {outlet: CHOICES[rule.topic, outlet].default for outlet in Outlet}
    statement = sql.SQL(_INSERT).format(
        claimed=sql.Identifier(claimed),
        is_quiet=sql.SQL(_IS_QUIET),
        subject=sql.SQL(subject),
        send_at=sql.SQL(send_at),
    )
    cursor.execute(
        statement.as_string(None),
        {
            "now": now,
            "topic": rule.topic.value,
            "push": defaults[Outlet.PUSH].value,
            "mail": defaults[Outlet.EMAIL].value,
            "email": Channel.EMAIL.value,
            "member": MEMBER,
            "kind": kind.value,
            "priority": rule.priority.value,
            "state": State.QUEUED.value,
        },
    )
    made = int(cursor.rowcount)
    for _ in range(min(_WORKERS, math.ceil(made / _A_WORKER))):
        transaction.on_commit(partial(queues.wake, queues.ORDINARY))
    return made
