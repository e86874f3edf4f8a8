"""Single-use tickets for WebSockets."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_OWNERS = (("user_id", "users"), ("family_id", "token_families"), ("key_id", "api_keys"))


def upgrade() -> None:
    op.create_table(
        "socket_tickets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("family_id", sa.Uuid(), nullable=True),
        sa.Column("key_id", sa.Uuid(), nullable=True),
        sa.Column("ticket_hash", sa.String(64), nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("access_expires_at", _MOMENT, nullable=True),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=f"fk_socket_tickets_{column}", ondelete="CASCADE")
            for column, table in _OWNERS
        ),
        sa.PrimaryKeyConstraint("id", name="pk_socket_tickets"),
        sa.UniqueConstraint("ticket_hash", name="uq_socket_tickets_ticket_hash"),
    )
    for column in ("user_id", "family_id", "key_id", "expires_at"):
        op.create_index(f"ix_socket_tickets_{column}", "socket_tickets", [column])


def downgrade() -> None:
    op.drop_table("socket_tickets")
