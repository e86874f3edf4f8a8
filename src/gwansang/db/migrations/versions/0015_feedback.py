"""Answers to parts of kept readings, and their counts without the users."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "feedback_answers",
        sa.Column("analysis_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.String(20), nullable=False),
        sa.Column("fits", sa.Boolean(), nullable=False),
        sa.Column("content_version", sa.String(20), nullable=False),
        sa.ForeignKeyConstraint(
            ["analysis_id"], ["analyses.id"], name="fk_feedback_answers_analysis_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("analysis_id", "part", name="pk_feedback_answers"),
    )
    op.create_table(
        "feedback_counts",
        sa.Column("part", sa.String(20), nullable=False),
        sa.Column("shape_id", sa.String(30), nullable=False),
        sa.Column("content_version", sa.String(20), nullable=False),
        sa.Column("fits", sa.Integer(), nullable=False),
        sa.Column("fits_not", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("part", "shape_id", "content_version", name="pk_feedback_counts"),
    )


def downgrade() -> None:
    op.drop_table("feedback_counts")
    op.drop_table("feedback_answers")
