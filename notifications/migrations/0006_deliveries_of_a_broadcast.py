from importlib import import_module

from django.db import migrations, models
from psycopg import sql

# Built month by month, as the index of dead letters is.
_CHILDREN = import_module("notifications.migrations.0004_switch_reason_and_dead_letters")._CHILDREN
_INDEX = "CREATE INDEX IF NOT EXISTS {} ON {} (subject, state, outcome, channel) WHERE kind = 'broadcast'"


def add_index(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(_CHILDREN)
        tables = {f"{child}_broadcast": child for (child,) in cursor.fetchall()}
        for name, table in {**tables, "delivery_of_broadcast": "notifications_delivery"}.items():
            cursor.execute(sql.SQL(_INDEX).format(sql.Identifier(name), sql.Identifier(table)).as_string(None))


def drop_index(apps, schema_editor):
    schema_editor.execute("DROP INDEX delivery_of_broadcast")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("notifications", "0005_broadcasts")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(add_index, drop_index)],
            state_operations=[
                migrations.AddIndex(
                    "delivery",
                    models.Index(
                        fields=["subject", "state", "outcome", "channel"],
                        condition=models.Q(("kind", "broadcast")),
                        name="delivery_of_broadcast",
                    ),
                ),
            ],
        ),
    ]
