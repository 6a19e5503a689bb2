"""Who writes broadcasts and who lets them go: one role each, so that two people look at them."""

from importlib import import_module

from django.db import migrations

WRITES = ["view_broadcast", "add_broadcast", "change_broadcast"]
ROLES = {
    "Content editor": WRITES,
    "Support": ["view_broadcast"],
    "Operator": ["view_broadcast", "send_broadcast"],
    "Administrator": [*WRITES, "send_broadcast"],
}


def add(apps, schema_editor):
    first = import_module("ops.migrations.0001_staff_roles")
    for group in apps.get_model("auth", "Group").objects.filter(name__in=ROLES):
        group.permissions.add(*(first.permission(apps, f"notifications.{one}") for one in ROLES[group.name]))


def take(apps, schema_editor):
    for group in apps.get_model("auth", "Group").objects.filter(name__in=ROLES):
        group.permissions.remove(*group.permissions.filter(codename__in=ROLES[group.name]))


class Migration(migrations.Migration):
    dependencies = [("ops", "0005_roles_see_operations"), ("notifications", "0005_broadcasts")]
    operations = [migrations.RunPython(add, take)]
