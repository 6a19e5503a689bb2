from django.db import migrations

# Row by row: TRUNCATE stays possible for the owner of the table, who could drop the trigger as well.
REFUSE = """
CREATE FUNCTION authentication_audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE ON authentication_auditevent
    FOR EACH ROW EXECUTE FUNCTION authentication_audit_is_append_only();
"""
ALLOW = """
DROP TRIGGER audit_is_append_only ON authentication_auditevent;
DROP FUNCTION authentication_audit_is_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("authentication", "0002_accounts")]

    operations = [migrations.RunSQL(REFUSE, ALLOW)]
