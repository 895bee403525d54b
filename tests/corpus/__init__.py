"""Real pipelines of other people: what becomes of each, and the reviewed list of errors."""
