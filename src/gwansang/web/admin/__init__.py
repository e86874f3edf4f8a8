"""The admin pages: rendered by the server without script, behind a sign-in of their own, over the same services."""
