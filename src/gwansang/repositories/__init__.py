"""All SQL: one class per table, behind one unit of work."""
