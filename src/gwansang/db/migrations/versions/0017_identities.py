"""Identities of users at providers, and sign-ins with a provider that are under way."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "identities",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(20), nullable=False),
        sa.Column("subject_hash", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_identities_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_identities"),
        sa.UniqueConstraint("provider", "subject_hash", name="uq_identities_provider_subject_hash"),
        sa.UniqueConstraint("user_id", "provider", name="uq_identities_user_id_provider"),
    )
    op.create_table(
        "provider_sign_ins",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.String(10), nullable=False),
        sa.Column("provider", sa.String(20), nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("browser_hash", sa.String(64), nullable=True),
        sa.Column("return_to", sa.String(100), nullable=False),
        sa.Column("locale", sa.String(5), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("family_id", sa.Uuid(), nullable=True),
        sa.Column("error", sa.String(50), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_provider_sign_ins_user_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["family_id"], ["token_families.id"], name="fk_provider_sign_ins_family_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_provider_sign_ins"),
        sa.UniqueConstraint("secret_hash", name="uq_provider_sign_ins_secret_hash"),
    )
    for column in ("user_id", "family_id", "expires_at"):
        op.create_index(f"ix_provider_sign_ins_{column}", "provider_sign_ins", [column])


def downgrade() -> None:
    op.drop_table("provider_sign_ins")
    op.drop_table("identities")
