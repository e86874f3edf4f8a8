"""Device names of sign-ins, and the token before the current one, which is still answered for some seconds."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_COLUMNS = (("device_name", sa.String(50)), ("token_id", sa.Uuid()), ("previous_hash", sa.String(64)))


def upgrade() -> None:
    for name, kind in _COLUMNS:
        op.add_column("token_families", sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    for name, _ in reversed(_COLUMNS):
        op.drop_column("token_families", name)
