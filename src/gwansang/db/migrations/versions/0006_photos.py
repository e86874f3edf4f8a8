"""Kept photos."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "photo_objects",
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_photo_objects"),
    )
    op.create_index("ix_photo_objects_due_at", "photo_objects", ["due_at"])
    op.create_table(
        "photos",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("analysis_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_photos_user_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["analysis_id"], ["analyses.id"], name="fk_photos_analysis_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["key"], ["photo_objects.key"], name="fk_photos_key"),
        sa.PrimaryKeyConstraint("id", name="pk_photos"),
        sa.UniqueConstraint("analysis_id", name="uq_photos_analysis_id"),
        sa.UniqueConstraint("key", name="uq_photos_key"),
    )
    op.create_index("ix_photos_user_id", "photos", ["user_id"])


def downgrade() -> None:
    op.drop_table("photos")
    op.drop_table("photo_objects")
