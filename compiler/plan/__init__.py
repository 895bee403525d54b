"""The plan: a compiled pipeline with nothing left to look up, and its JSON form."""
