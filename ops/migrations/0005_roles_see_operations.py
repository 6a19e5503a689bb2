from importlib import import_module

from django.db import migrations

OPERATORS = ["Operator", "Administrator"]
# What opens the operations' pages, and what lets their buttons be pressed.
ROLES_OF = {
    "core.view_readingschedule": ["Support", *OPERATORS],
    "core.change_readingschedule": OPERATORS,
    "notifications.change_delivery": OPERATORS,
    "ops.view_figures": OPERATORS,
    "ops.view_scheduledtask": OPERATORS,
}


def add(apps, schema_editor):
    first = import_module("ops.migrations.0001_staff_roles")
    for name, roles in ROLES_OF.items():
        permission = first.permission(apps, name)
        for group in apps.get_model("auth", "Group").objects.filter(name__in=roles):
            group.permissions.add(permission)


def take(apps, schema_editor):
    codenames = [name.partition(".")[2] for name in ROLES_OF]
    for group in apps.get_model("auth", "Group").objects.all():
        group.permissions.remove(*group.permissions.filter(codename__in=codenames))


class Migration(migrations.Migration):
    dependencies = [("ops", "0004_scheduled_tasks"), ("core", "0004_readings")]
    operations = [migrations.RunPython(add, take)]
