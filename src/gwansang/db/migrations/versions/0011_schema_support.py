"""The oldest revision whose code can use the schema, so that replicas of an older release start during an upgrade."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    support = op.create_table(
        "schema_support",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("oldest_code", sa.String(32), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_schema_support_one_row")),
        sa.PrimaryKeyConstraint("id", name="pk_schema_support"),
    )
    op.bulk_insert(support, [{"id": 1, "oldest_code": revision}])


def downgrade() -> None:
    op.drop_table("schema_support")
