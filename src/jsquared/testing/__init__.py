"""Fakes and contract suites, public."""
