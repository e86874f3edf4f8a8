"""An append-only audit log, unfinished erasures, scheduled runs, and the time a user was last seen."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_LONG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_BEGINNING = "0" * 64
_SQLITE = (
    """CREATE TRIGGER audit_log_stays BEFORE UPDATE ON audit_log
       BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
    """CREATE TRIGGER audit_log_ends BEFORE DELETE ON audit_log
       WHEN OLD.seq > (SELECT base_seq FROM audit_head)
       BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
)
_POSTGRESQL = (
    """CREATE FUNCTION audit_log_stays() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF TG_OP = 'DELETE' AND OLD.seq <= (SELECT base_seq FROM audit_head) THEN RETURN OLD; END IF;
         RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'restrict_violation';
       END $$""",
    """CREATE TRIGGER audit_log_stays BEFORE UPDATE OR DELETE ON audit_log
       FOR EACH ROW EXECUTE FUNCTION audit_log_stays()""",
    """CREATE TRIGGER audit_log_whole BEFORE TRUNCATE ON audit_log
       FOR EACH STATEMENT EXECUTE FUNCTION audit_log_stays()""",
)


def upgrade() -> None:
    op.create_table(
        "audit_log",
        sa.Column("seq", _LONG, autoincrement=False, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("event", sa.String(40), nullable=False),
        sa.Column("actor", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(40), nullable=True),
        sa.Column("request_id", sa.String(64), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit_log"),
    )
    op.create_index("ix_audit_log_subject", "audit_log", ["subject"])
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", _LONG, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("base_seq", _LONG, nullable=False),
        sa.Column("base_hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_head"),
    )
    op.execute(f"INSERT INTO audit_head VALUES (1, 0, '{_BEGINNING}', 0, '{_BEGINNING}')")  # noqa: S608 - zeros
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL:
        op.execute(statement)
    op.create_table(
        "erasures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tasks", sa.JSON(), nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_erasures"),
    )
    op.create_index("ix_erasures_due_at", "erasures", ["due_at"])
    op.create_table(
        "turns",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("begun_at", _MOMENT, nullable=True),
        sa.Column("done_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_turns"),
    )
    op.execute("INSERT INTO turns (name) VALUES ('retention')")
    op.add_column("users", sa.Column("seen_at", _MOMENT, nullable=True))
    op.execute("UPDATE users SET seen_at = CURRENT_TIMESTAMP")


def downgrade() -> None:
    op.drop_column("users", "seen_at")
    for table in ("turns", "erasures", "audit_head", "audit_log"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_log_stays()")
