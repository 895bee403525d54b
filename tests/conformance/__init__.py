"""Parallel semantics as data: pipelines, scripts and what must come of them; see README.md."""
