"""Engines with one mistake each, and whether the lab sees it."""
