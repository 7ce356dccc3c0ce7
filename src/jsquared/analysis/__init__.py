"""Findings about a deployment from its text alone, before any server is started."""
