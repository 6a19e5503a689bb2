"""The statements that make a broadcast's deliveries by the set. Parameters by name; `{members}` is the query of
notifications.sources.members_in, whose own parameters are named by `named`."""

from __future__ import annotations

import re
from typing import Any

from notifications.sources import Members

# A live device, of the platforms that the segment names if it names some.
_HAS_DEVICE = """
EXISTS (
    SELECT FROM notifications_device AS d WHERE d.user_id = m.user_id AND d.retired_at IS NULL
        AND (%(platforms)s::text[] IS NULL OR d.platform = ANY(%(platforms)s))
)
"""
# Everybody in the segment, with the ways by which each takes it. Whoever switched news off gets it in no inbox either;
# who never said anything about news finds it there.
_AUDIENCE = """
SELECT c.user_id, c.at, c.wants_push OR c.wants_mail AS is_wanted,
    c.wants_push AND c.has_device AS takes_push,
    c.wants_mail AND (c.mail = 'on' OR NOT EXISTS (
        SELECT FROM notifications_device AS d WHERE d.user_id = c.user_id AND d.retired_at IS NULL
    )) AS takes_mail,
    %(in_inbox)s AND NOT (
        'off' IN (c.push_said, c.mail_said) AND c.push_said IN ('off', '') AND c.mail_said IN ('off', '')
    ) AS takes_inbox
FROM (
    SELECT m.user_id, coalesce(z.at, %(otherwise_at)s) AS at, {has_device} AS has_device,
        %(by_push)s AND coalesce(push.choice, %(push)s) <> 'off' AS wants_push,
        %(by_email)s AND coalesce(mail.choice, %(mail)s) <> 'off' AS wants_mail,
        coalesce(mail.choice, %(mail)s) AS mail,
        coalesce(push.choice, '') AS push_said, coalesce(mail.choice, '') AS mail_said
    FROM ({members}) AS m(user_id, time_zone)
    LEFT JOIN unnest(%(zones)s::text[], %(instants)s::timestamptz[]) AS z(zone, at) ON z.zone = m.time_zone
    LEFT JOIN notifications_preference AS push
        ON push.user_id = m.user_id AND push.topic = %(topic)s AND push.outlet = 'push'
    LEFT JOIN notifications_preference AS mail
        ON mail.user_id = m.user_id AND mail.topic = %(topic)s AND mail.outlet = 'email'
    WHERE %(told_up_to)s::uuid IS NULL OR m.user_id > %(told_up_to)s
) AS c
WHERE %(platforms)s::text[] IS NULL OR c.has_device
"""
AUDIENCE = _AUDIENCE.replace("{has_device}", _HAS_DEVICE)

COUNT = """
SELECT count(*), count(*) FILTER (WHERE takes_push OR takes_mail OR takes_inbox), count(*) FILTER (WHERE takes_push),
    count(*) FILTER (WHERE takes_mail), count(*) FILTER (WHERE takes_inbox),
    count(*) FILTER (WHERE is_wanted AND NOT (takes_push OR takes_mail OR takes_inbox))
FROM ({audience}) AS a
"""

# One chunk. A member who is a recipient already is passed over, wherever they are by now.
TELL = """
WITH member AS MATERIALIZED (
    SELECT a.user_id, a.takes_push, a.takes_mail, a.takes_inbox FROM ({audience}) AS a
    WHERE (a.takes_push OR a.takes_mail OR a.takes_inbox)
        AND a.at <= %(wave_at)s AND a.at > %(oldest_at)s
        AND NOT EXISTS (
            SELECT FROM notifications_broadcastrecipient AS r
            WHERE r.broadcast_id = %(id)s AND r.user_id = a.user_id
        )
    ORDER BY a.user_id LIMIT %(limit)s
), told AS (
    INSERT INTO notifications_broadcastrecipient (broadcast_id, user_id)
    SELECT %(id)s, user_id FROM member ORDER BY user_id ON CONFLICT DO NOTHING RETURNING user_id
), placed AS (
    SELECT m.*, %(first_at)s + (row_number() OVER (ORDER BY m.user_id) - 1) * %(gap)s::interval AS goes_at
    FROM member AS m JOIN told ON told.user_id = m.user_id
), boxed AS (
    INSERT INTO notifications_inboxitem (id, user_id, kind, subject)
    SELECT uuidv7(), user_id, %(kind)s, %(subject)s FROM placed WHERE takes_inbox
    ON CONFLICT DO NOTHING
), wanted AS (
    SELECT p.user_id, p.goes_at, d.channel, d.id::text AS target
    FROM placed AS p JOIN notifications_device AS d ON d.user_id = p.user_id AND d.retired_at IS NULL
        AND (%(platforms)s::text[] IS NULL OR d.platform = ANY(%(platforms)s))
    WHERE p.takes_push
    UNION ALL
    SELECT p.user_id, p.goes_at, %(email)s, %(member)s FROM placed AS p WHERE p.takes_mail
), queued AS (
    INSERT INTO notifications_delivery (
        id, due_on, user_id, kind, channel, priority, subject, target, language, state, attempts, send_at, expires_at,
        outcome, provider_message_id
    )
    SELECT uuidv7(), %(due_on)s, user_id, %(kind)s, channel, %(priority)s, %(subject)s, target, '', 'queued', 0,
        goes_at, goes_at + %(good_for)s, '', ''
    FROM wanted ORDER BY user_id
    ON CONFLICT DO NOTHING
    RETURNING 1
)
SELECT (SELECT count(*) FROM member), (SELECT user_id FROM member ORDER BY user_id DESC LIMIT 1),
    (SELECT count(*) FROM told), (SELECT count(*) FROM queued)
"""

# What a stop ends; a delivery that is being sent at this moment is ended by its sender when it comes back.
CANCEL = """
WITH open AS MATERIALIZED (
    SELECT due_on, id FROM notifications_delivery
    WHERE kind = 'broadcast' AND subject = %(subject)s AND due_on = %(due_on)s AND state = 'queued'
    LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE notifications_delivery AS d
SET state = 'suppressed', outcome = %(stopped)s, address = NULL, payload = NULL, ended_at = %(now)s
FROM open WHERE d.due_on = open.due_on AND d.id = open.id
"""
# What resuming begins with: those that a stop had ended, at the rate.
REVIVE = """
WITH ended AS MATERIALIZED (
    SELECT due_on, id FROM notifications_delivery
    WHERE kind = 'broadcast' AND subject = %(subject)s AND due_on = %(due_on)s
        AND state = 'suppressed' AND outcome = %(stopped)s
    ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), placed AS (
    SELECT due_on, id, %(first_at)s + (row_number() OVER (ORDER BY id) - 1) * %(gap)s::interval AS goes_at FROM ended
)
UPDATE notifications_delivery AS d
SET state = 'queued', outcome = '', send_at = p.goes_at, expires_at = p.goes_at + %(good_for)s, ended_at = NULL
FROM placed AS p WHERE d.due_on = p.due_on AND d.id = p.id
"""
MEASURE = """
SELECT channel, state, outcome, count(*) FROM notifications_delivery
WHERE kind = 'broadcast' AND subject = %(subject)s AND due_on = %(due_on)s
GROUP BY channel, state, outcome ORDER BY channel, state, outcome
"""


def named(members: Members, prefix: str = "member_") -> tuple[str, dict[str, Any]]:
    """Return a query whose parameters stand by place with parameters by name."""
    query, values = members
    names = (f"{prefix}{number}" for number in range(len(values)))
    text = re.sub(r"(?<!%)%s", lambda _: f"%({next(names)})s", query)
    return text, {f"{prefix}{number}": value for number, value in enumerate(values)}
