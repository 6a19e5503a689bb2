from django.db import migrations

# Until now only commands and staff made accounts.
VERIFY = "UPDATE authentication_user SET is_verified = true"


class Migration(migrations.Migration):
    dependencies = [("authentication", "0003_audit_is_append_only")]

    operations = [migrations.RunSQL(VERIFY, migrations.RunSQL.noop)]
