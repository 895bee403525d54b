"""The laws of joins and merges, looked for in every run of small pipelines (`make laws`)."""
