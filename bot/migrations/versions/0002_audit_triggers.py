"""The audit trail seals itself."""

from alembic import op

revision = "0002"
down_revision = "0001"

TRIGGERS = {
    "sqlite": (
        "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit WHEN 1 BEGIN SELECT RAISE(ABORT, "
        "'the audit trail is append-only'); END",
        "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit WHEN NOT (OLD.id <= "
        "COALESCE((SELECT MAX(upto_id) FROM audit_anchors), 0)) BEGIN SELECT RAISE(ABORT, 'the "
        "audit trail is append-only'); END",
        "CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit "
        "WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END",
        "CREATE TRIGGER audit_anchors_no_update BEFORE UPDATE ON audit_anchors WHEN 1 BEGIN "
        "SELECT RAISE(ABORT, 'the audit trail is append-only'); END",
        "CREATE TRIGGER audit_anchors_no_delete BEFORE DELETE ON audit_anchors WHEN 1 BEGIN "
        "SELECT RAISE(ABORT, 'the audit trail is append-only'); END",
        "CREATE TRIGGER audit_anchors_hold BEFORE INSERT ON audit_anchors WHEN (NEW.upto_id > "
        "COALESCE((SELECT MAX(upto_id) FROM audit_anchors), 0) AND NEW.hash = (SELECT hash FROM "
        "audit WHERE id = NEW.upto_id) AND NEW.sealed_at - (SELECT happened_at FROM audit WHERE "
        "id = NEW.upto_id) >= 15811200) IS NOT TRUE BEGIN SELECT RAISE(ABORT, 'the audit trail is"
        " append-only'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE "
        "EXCEPTION 'the audit trail is append-only'; END $$",
        "CREATE FUNCTION audit_refuse_unsealed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF "
        "OLD.id <= COALESCE((SELECT MAX(upto_id) FROM audit_anchors), 0) THEN RETURN OLD; END IF;"
        " RAISE EXCEPTION 'the audit trail is append-only'; END $$",
        "CREATE FUNCTION audit_anchor_holds() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF "
        "NEW.upto_id > COALESCE((SELECT MAX(upto_id) FROM audit_anchors), 0) AND NEW.hash = "
        "(SELECT hash FROM audit WHERE id = NEW.upto_id) AND NEW.sealed_at - (SELECT happened_at "
        "FROM audit WHERE id = NEW.upto_id) >= 15811200 THEN RETURN NEW; END IF; RAISE EXCEPTION "
        "'the audit trail is append-only'; END $$",
        "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
        "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit FOR EACH ROW EXECUTE FUNCTION "
        "audit_refuse_unsealed()",
        "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE "
        "FUNCTION audit_refuse()",
        "CREATE TRIGGER audit_anchors_no_change BEFORE UPDATE OR DELETE ON audit_anchors FOR EACH"
        " ROW EXECUTE FUNCTION audit_refuse()",
        "CREATE TRIGGER audit_anchors_no_truncate BEFORE TRUNCATE ON audit_anchors FOR EACH "
        "STATEMENT EXECUTE FUNCTION audit_refuse()",
        "CREATE TRIGGER audit_anchors_hold BEFORE INSERT ON audit_anchors FOR EACH ROW EXECUTE "
        "FUNCTION audit_anchor_holds()",
    ),
}


def upgrade() -> None:
    """The audit trail seals itself."""
    for statement in TRIGGERS[op.get_context().dialect.name]:
        op.execute(statement)
