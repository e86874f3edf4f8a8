"""Plans of users, and their readings counted by month."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_KINDS = ("face", "batch", "video", "compatibility", "lookalike")


def upgrade() -> None:
    op.create_table(
        "monthly_usage",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        *(sa.Column(kind, sa.Integer(), nullable=False) for kind in _KINDS),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_monthly_usage_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "month", name="pk_monthly_usage"),
    )
    op.add_column("users", sa.Column("plan", sa.String(20), nullable=True))
    op.add_column("tasks", sa.Column("counted", sa.Integer(), nullable=True))
    op.add_column("tasks", sa.Column("counted_month", sa.String(7), nullable=True))


def downgrade() -> None:
    op.drop_column("tasks", "counted_month")
    op.drop_column("tasks", "counted")
    op.drop_column("users", "plan")
    op.drop_table("monthly_usage")
