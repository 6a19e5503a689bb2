"""The roles of the staff, as groups. Who is in them is decided in the admin, by superusers."""

from django.db import migrations

# "app.action_model"; "authentication.help_member" and "authentication.export_lists" belong to no model's four.
CONTENT_EDITOR = ["core.view_contententry", "core.change_contententry"]
SUPPORT = [
    "authentication.view_user",
    "authentication.help_member",
    "authentication.view_session",
    "authentication.view_identity",
    "core.view_numerologyprofile",
    "notifications.view_suppressedaddress",
    "notifications.delete_suppressedaddress",
    "payments.view_plangrant",
    "payments.add_plangrant",
]
OPERATOR = [
    "notifications.view_channelswitch",
    "notifications.add_channelswitch",
    "notifications.change_channelswitch",
    "notifications.view_suppressedaddress",
    "notifications.delete_suppressedaddress",
]
ADMINISTRATOR = [
    *CONTENT_EDITOR,
    *SUPPORT,
    *OPERATOR,
    "auth.view_group",
    "authentication.add_user",
    "authentication.change_user",
    "authentication.delete_user",
    "authentication.export_lists",
    "authentication.view_apikey",
    "authentication.change_apikey",
    "authentication.view_auditevent",
    "authentication.view_erasurereport",
    "payments.change_plangrant",
]
ROLES = {
    "Content editor": CONTENT_EDITOR,
    "Support": SUPPORT,
    "Operator": OPERATOR,
    "Administrator": ADMINISTRATOR,
}
OWN = {"help_member": "Can help a member", "export_lists": "Can export lists"}


def make_roles(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    for name, permissions in ROLES.items():
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.add(*(permission(apps, one) for one in permissions))


def permission(apps, name):
    """Return a permission, made now if the app's own are not there yet: they are made after all migrations."""
    app, codename = name.split(".")
    action, _, model = codename.partition("_")
    content_type, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label=app, model="user" if codename in OWN else model
    )
    found, _ = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=content_type, codename=codename, defaults={"name": OWN.get(codename, f"Can {action} {model}")}
    )
    return found


def drop_roles(apps, schema_editor):
    apps.get_model("auth", "Group").objects.filter(name__in=ROLES).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("authentication", "0009_identities"),
        ("core", "0002_content"),
        ("notifications", "0001_outbox"),
        ("payments", "0001_plan_grants"),
    ]
    operations = [migrations.RunPython(make_roles, drop_roles)]
