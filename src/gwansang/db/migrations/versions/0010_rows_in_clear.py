"""Indexes for rows that older releases stored unsealed, which every start of the service looks for."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_UNSEALED = sa.text("sealed IS NULL")
_ROWS = (("analyses", "id"), ("user_profiles", "user_id"))


def upgrade() -> None:
    for table, column in _ROWS:
        op.create_index(f"ix_{table}_in_clear", table, [column], sqlite_where=_UNSEALED, postgresql_where=_UNSEALED)


def downgrade() -> None:
    for table, _ in _ROWS:
        op.drop_index(f"ix_{table}_in_clear", table)
