"""Joins and merges broken on purpose, to see that their laws notice (`make mutants`)."""
