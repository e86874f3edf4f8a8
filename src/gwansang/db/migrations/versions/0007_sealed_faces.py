"""Sealed columns for face data; a start of the service empties the unsealed columns."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_IN_CLEAR = {
    "analyses": ("measures", "reading", "pose", "quality"),
    "user_profiles": ("measures", "asymmetry", "shapes"),
}


def upgrade() -> None:
    for table, columns in _IN_CLEAR.items():
        with op.batch_alter_table(table) as changed:
            changed.add_column(sa.Column("sealed", sa.LargeBinary(), nullable=True))
            for column in columns:
                changed.alter_column(column, existing_type=sa.JSON(), nullable=True)


def downgrade() -> None:
    for table, columns in _IN_CLEAR.items():
        op.execute(f"DELETE FROM {table} WHERE sealed IS NOT NULL")  # noqa: S608 - names of this file; no older release could open them
        with op.batch_alter_table(table) as changed:
            changed.drop_column("sealed")
            for column in columns:
                changed.alter_column(column, existing_type=sa.JSON(), nullable=False)
