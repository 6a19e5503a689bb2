from django.db import migrations

# Who edited and published may be forgotten with their account; the words and their moment may not change.
REFUSE = """
CREATE FUNCTION core_published_content_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (NEW.entry_id, NEW.parts, NEW.source, NEW.release, NEW.published_at)
        IS DISTINCT FROM (OLD.entry_id, OLD.parts, OLD.source, OLD.release, OLD.published_at) THEN
        RAISE EXCEPTION 'published content is never changed' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER published_content_is_kept BEFORE UPDATE OR DELETE ON core_contentversion
    FOR EACH ROW WHEN (OLD.release IS NOT NULL) EXECUTE FUNCTION core_published_content_is_kept();
"""
ALLOW = """
DROP TRIGGER published_content_is_kept ON core_contentversion;
DROP FUNCTION core_published_content_is_kept();
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0002_content")]

    operations = [migrations.RunSQL(REFUSE, ALLOW)]
