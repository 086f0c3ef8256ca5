"""Torture: many processes on one ledger, processes killed anywhere, clones that poll at once; and what must hold then.

``python -m tests.torture`` (``make torture``) runs all of it,
``tests/e2e/test_torture.py`` a short version.
"""
