"""The audit log only grows: the database itself refuses to change or delete an entry."""

from django.db import migrations

SQLITE = (
    """CREATE TRIGGER audit_no_update BEFORE UPDATE ON ops_auditentry
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
    """CREATE TRIGGER audit_no_delete BEFORE DELETE ON ops_auditentry
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
)
SQLITE_BACK = ("DROP TRIGGER IF EXISTS audit_no_update", "DROP TRIGGER IF EXISTS audit_no_delete")
POSTGRES = (
    """CREATE FUNCTION audit_is_append_only() RETURNS trigger AS $$
    BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$ LANGUAGE plpgsql""",
    """CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON ops_auditentry
    FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()""",
)
POSTGRES_BACK = (
    "DROP TRIGGER IF EXISTS audit_no_change ON ops_auditentry",
    "DROP FUNCTION IF EXISTS audit_is_append_only()",
)


def forwards(apps, schema_editor):
    for statement in SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRES:
        schema_editor.execute(statement)


def backwards(apps, schema_editor):
    for statement in SQLITE_BACK if schema_editor.connection.vendor == "sqlite" else POSTGRES_BACK:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("ops", "0001_audit")]
    operations = [migrations.RunPython(forwards, backwards)]
