from django.db import migrations, models
from psycopg import sql

# Built month by month, so that senders wait for one at a time; the index of the whole then takes them as its own.
# Not CONCURRENTLY: it would wait for a second `migrate`, which waits for the lock that the first one holds.
_CHILDREN = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'notifications_delivery'::regclass"
_INDEX = "CREATE INDEX IF NOT EXISTS {} ON {} (due_on, id) WHERE state IN ('failed', 'expired')"


def add_index(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(_CHILDREN)
        for (child,) in cursor.fetchall():
            _create(cursor, f"{child}_dead", child)
        _create(cursor, "delivery_dead", "notifications_delivery")


def _create(cursor, name, table):
    statement = sql.SQL(_INDEX).format(sql.Identifier(name), sql.Identifier(table))
    cursor.execute(statement.as_string(None))


def drop_index(apps, schema_editor):
    schema_editor.execute("DROP INDEX delivery_dead")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("notifications", "0003_inbox")]

    operations = [
        migrations.AddField(
            "channelswitch", "reason", models.CharField(blank=True, db_default="", max_length=200)
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(add_index, drop_index)],
            state_operations=[
                migrations.AddIndex(
                    "delivery",
                    models.Index(
                        fields=["due_on", "id"],
                        condition=models.Q(("state__in", ("failed", "expired"))),
                        name="delivery_dead",
                    ),
                ),
            ],
        ),
    ]
