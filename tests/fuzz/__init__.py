"""Broken, hostile and huge inputs: each gives a plan or findings, within bounds."""
