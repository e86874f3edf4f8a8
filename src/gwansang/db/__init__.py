"""How the database is reached, and how its tables come to be."""
