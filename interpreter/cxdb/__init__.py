"""CXDB: the wire client, and the mirror that keeps a copy of runs on a server.

The embedded store stays the truth. What the server promises, and what it does not, decides
how things are done here; `docs/cxdb.md` says it.
"""
