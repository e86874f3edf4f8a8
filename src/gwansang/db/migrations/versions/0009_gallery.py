"""The gallery of people for look-alikes."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "celebrities",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name_ko", sa.String(100), nullable=False),
        sa.Column("name_en", sa.String(100), nullable=False),
        sa.Column("found_by", sa.String(500), nullable=False),
        sa.Column("category", sa.String(40), nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_celebrities"),
        sa.UniqueConstraint("name_ko", "name_en", name="uq_celebrities_name_ko_name_en"),
    )
    op.create_index("ix_celebrities_category", "celebrities", ["category"])
    op.create_table(
        "celebrity_photos",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("celebrity_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("source", sa.String(500), nullable=False),
        sa.Column("licence", sa.String(100), nullable=False),
        sa.Column("attribution", sa.String(500), nullable=False),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("embedding", sa.LargeBinary(), nullable=False),
        sa.Column("measures", sa.JSON(), nullable=False),
        sa.Column("quality", sa.Double(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["celebrity_id"], ["celebrities.id"], name="fk_celebrity_photos_celebrity_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_celebrity_photos"),
        sa.UniqueConstraint("sha256", name="uq_celebrity_photos_sha256"),
    )
    op.create_index("ix_celebrity_photos_celebrity_id", "celebrity_photos", ["celebrity_id"])
    op.create_index("ix_celebrity_photos_model", "celebrity_photos", ["model"])
    version = op.create_table(
        "gallery_version",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_gallery_version"),
    )
    op.bulk_insert(version, [{"id": 1, "version": 0}])


def downgrade() -> None:
    op.drop_table("gallery_version")
    op.drop_table("celebrity_photos")
    op.drop_table("celebrities")
