"""Lark grammars, read with importlib.resources; no grammar lives in a Python string."""
