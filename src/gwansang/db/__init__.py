"""Database connections, sessions and schema migrations."""
