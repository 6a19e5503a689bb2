from importlib import import_module

from django.db import migrations

ROLES = ["Support", "Operator", "Administrator"]


def add(apps, schema_editor):
    first = import_module("ops.migrations.0001_staff_roles")
    for group in apps.get_model("auth", "Group").objects.filter(name__in=ROLES):
        group.permissions.add(first.permission(apps, "notifications.view_delivery"))


def take(apps, schema_editor):
    for group in apps.get_model("auth", "Group").objects.filter(name__in=ROLES):
        group.permissions.remove(*group.permissions.filter(codename="view_delivery"))


class Migration(migrations.Migration):
    dependencies = [("ops", "0002_figures")]
    operations = [migrations.RunPython(add, take)]
