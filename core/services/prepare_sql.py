"""The statements of prepare.py, which work on two temporary tables of one transaction.

`due` holds the claimed members in the order of their ids, numbered from 0, with the key numbers of their primary
profiles and the number of their set of hours (`hours`); their schedules are locked. `claimed` is the part of them at
work, as notifications.services.insert_reading_deliveries wants it, and is made anew for each part.

A chunk is a small part of each table, and must stay a small part of the work: joined freely, PostgreSQL reads a million
profiles or schedules for fifteen thousand members. So each table is asked for the claimed members alone: LATERAL with
OFFSET 0 is never turned into a join of the whole table, and an array of ids, taken to be short, is looked up by index.
"""

from __future__ import annotations

CLAIMED = "claimed"
CHANGING = "turning"

ANY_DUE = """
SELECT FROM core_readingschedule WHERE next_reading_at <= %(now)s AND set_aside_at IS NULL
ORDER BY next_reading_at LIMIT 1
"""
BACKLOG = """
SELECT count(*) FROM (
    SELECT FROM core_readingschedule WHERE next_reading_at <= %(now)s AND set_aside_at IS NULL
    ORDER BY next_reading_at LIMIT %(most)s
) AS due
"""

FORGET = "DROP TABLE IF EXISTS due; DROP TABLE IF EXISTS claimed"
_CLAIM = """
CREATE TEMP TABLE due ON COMMIT DROP AS
WITH taken AS MATERIALIZED (
    SELECT user_id, time_zone, reading_time, weekday_times, days_off, paused_until, {on} AS reading_on,
        next_reading_at AS reading_at
    FROM core_readingschedule WHERE {which} FOR NO KEY UPDATE {others}
)
SELECT row_number() OVER (ORDER BY taken.user_id) - 1 AS place,
    dense_rank() OVER (
        ORDER BY reading_at, reading_on, reading_time, days_off, paused_until, weekday_times, time_zone
    ) AS hours,
    taken.*, p.birth_month, p.birth_day, p.option_set, p.life_path, p.essence, p.essence_until
FROM taken LEFT JOIN LATERAL (
    SELECT * FROM core_numerologyprofile WHERE user_id = taken.user_id AND is_primary OFFSET 0
) AS p ON true
"""
_ONLY = "(%(only)s::uuid[] IS NULL OR user_id = ANY(%(only)s::uuid[]))"
CLAIM_DUE = _CLAIM.format(
    on="next_reading_on",
    which=f"next_reading_at <= %(now)s AND set_aside_at IS NULL AND {_ONLY} ORDER BY next_reading_at LIMIT %(chunk)s",
    others="SKIP LOCKED",
)
# A day for everybody: nothing of the schedule changes, but it must not be changed or erased meanwhile either.
CLAIM_DAY = _CLAIM.format(
    on="%(day)s::date", which=f"user_id > %(after)s AND {_ONLY} ORDER BY user_id LIMIT %(chunk)s", others=""
)
CLAIM_ONE = _CLAIM.format(on="next_reading_on", which="user_id = %(only)s", others="")
LAST_CLAIMED = "SELECT user_id FROM due ORDER BY place DESC LIMIT 1"

_PART = "place >= %(first)s AND place < %(last)s"
WITHOUT_PROFILE = f"SELECT EXISTS (SELECT FROM due WHERE {_PART} AND birth_month IS NULL)"  # noqa: S608 - our own text
_HOURS = ("time_zone", "reading_time", "weekday_times", "days_off", "paused_until", "reading_on", "reading_at")
DISTINCT_HOURS = f"""
SELECT hours, {", ".join(f"any_value({name})" for name in _HOURS)} FROM due WHERE {_PART} GROUP BY hours
"""  # noqa: S608 - our own names

FORGET_PART = "DROP TABLE IF EXISTS claimed"
SETTLED_COLUMNS = ("hours", "days", "due_at", "send_until", "local_time", "next_on", "next_at")
SETTLE = f"""
CREATE TEMP TABLE claimed ON COMMIT DROP AS
SELECT due.user_id, s.reading_date, s.due_at, s.send_until, s.local_time, s.next_on, s.next_at,
    birth_month, birth_day, option_set, life_path, essence, essence_until
FROM due JOIN unnest(
    %(hours)s::bigint[], %(days)s::date[], %(due_at)s::timestamptz[], %(send_until)s::timestamptz[],
    %(local_time)s::time[], %(next_on)s::date[], %(next_at)s::timestamptz[]
) AS s(hours, reading_date, due_at, send_until, local_time, next_on, next_at) ON s.hours = due.hours
WHERE {_PART}
"""  # noqa: S608 - our own text
TAKE_DAY = f"""
CREATE TEMP TABLE claimed ON COMMIT DROP AS
SELECT user_id, reading_on AS reading_date, birth_month, birth_day, option_set, life_path, essence, essence_until
FROM due WHERE {_PART}
"""  # noqa: S608 - our own text
ANALYSE = "ANALYZE claimed"

DISTINCT_DAYS = "SELECT DISTINCT reading_date, birth_month, birth_day, option_set FROM claimed"
# The columns of `d` are those of core.numerology.day_table.DayRow.
INSERT_READINGS = """
INSERT INTO daily_readings (
    reading_date, user_id, content_version, edition, engine_version, personal_year, personal_month, personal_day,
    universal_day, day_count, life_path, essence, option_set
)
SELECT c.reading_date, c.user_id, %(content_version)s, d.edition, %(engine_version)s, d.personal_year, d.personal_month,
    d.personal_day, d.universal_day, d.day_count, c.life_path,
    CASE WHEN c.essence_until > c.reading_date THEN c.essence END, c.option_set
FROM claimed AS c JOIN unnest(
    %(days)s::date[], %(editions)s::smallint[], %(option_key)s::text[], %(birth_month)s::smallint[],
    %(birth_day)s::smallint[], %(personal_year)s::smallint[], %(personal_month)s::smallint[],
    %(personal_day)s::smallint[], %(universal_day)s::smallint[], %(personal_day_count)s::smallint[]
) AS d(
    reading_date, edition, option_set, birth_month, birth_day, personal_year, personal_month, personal_day,
    universal_day, day_count
) ON d.reading_date = c.reading_date AND d.birth_month = c.birth_month AND d.birth_day = c.birth_day
    AND d.option_set = c.option_set
ORDER BY c.reading_date, c.user_id
ON CONFLICT DO NOTHING
"""
# The members of the part for whom a cycle may turn: a row for each day that it may turn on.
FORGET_TURNING = "DROP TABLE IF EXISTS turning"
TURNING_COLUMNS = ("days", "birth_months", "birth_days", "option_sets", "subjects", "certain")
TURNING = """
CREATE TEMP TABLE turning ON COMMIT DROP AS
SELECT c.user_id, c.reading_date, c.due_at, c.send_until, c.local_time, t.subject, t.is_certain
FROM claimed AS c JOIN unnest(
    %(days)s::date[], %(birth_months)s::smallint[], %(birth_days)s::smallint[], %(option_sets)s::text[],
    %(subjects)s::text[], %(certain)s::boolean[]
) AS t(reading_date, birth_month, birth_day, option_set, subject, is_certain)
    ON t.reading_date = c.reading_date AND t.birth_month = c.birth_month AND t.birth_day = c.birth_day
    AND t.option_set = c.option_set
"""
UNCERTAIN = "SELECT user_id, subject FROM turning WHERE NOT is_certain"
CERTAIN_ONLY = """
DELETE FROM turning AS t WHERE NOT t.is_certain AND NOT EXISTS (
    SELECT FROM unnest(%(members)s::uuid[], %(subjects)s::text[]) AS f(user_id, subject)
    WHERE f.user_id = t.user_id AND f.subject = t.subject
)
"""
MOVE = """
UPDATE core_readingschedule AS s SET next_reading_at = c.next_at, next_reading_on = c.next_on,
    last_reading_on = greatest(s.last_reading_on, c.reading_date)
FROM claimed AS c WHERE s.user_id = c.user_id AND s.user_id = ANY (ARRAY(SELECT user_id FROM claimed))
"""
SET_ASIDE = """
UPDATE core_readingschedule AS s SET set_aside_at = %(now)s, set_aside_for = %(reason)s
FROM due WHERE due.place = %(first)s AND s.user_id = due.user_id RETURNING s.user_id
"""
