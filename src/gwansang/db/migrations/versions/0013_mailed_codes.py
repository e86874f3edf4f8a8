"""The address that a mailed code proves or restores, and several codes for one purpose at the same time."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_UNKNOWN_TO_OLDER = sa.text("DELETE FROM mail_tokens WHERE purpose NOT IN ('verify', 'reset')")
_OLDER_OF_A_PURPOSE = sa.text(
    """DELETE FROM mail_tokens WHERE EXISTS (
         SELECT 1 FROM mail_tokens newer
         WHERE newer.user_id = mail_tokens.user_id AND newer.purpose = mail_tokens.purpose
           AND (newer.created_at > mail_tokens.created_at
                OR (newer.created_at = mail_tokens.created_at AND newer.id > mail_tokens.id)))"""
)


def upgrade() -> None:
    op.add_column("mail_tokens", sa.Column("email", sa.String(254), nullable=True))
    op.drop_index("uq_mail_tokens_user_id_purpose", "mail_tokens")
    op.create_index("ix_mail_tokens_user_id_purpose", "mail_tokens", ["user_id", "purpose"])
    op.create_index("ix_mail_tokens_email", "mail_tokens", ["email"])


def downgrade() -> None:
    op.execute(_UNKNOWN_TO_OLDER)  # and without the address, a later upgrade could not tell what they prove
    op.execute(_OLDER_OF_A_PURPOSE)  # older releases know one code for a purpose
    op.drop_index("ix_mail_tokens_email", "mail_tokens")
    op.drop_index("ix_mail_tokens_user_id_purpose", "mail_tokens")
    op.create_index("uq_mail_tokens_user_id_purpose", "mail_tokens", ["user_id", "purpose"], unique=True)
    op.drop_column("mail_tokens", "email")
