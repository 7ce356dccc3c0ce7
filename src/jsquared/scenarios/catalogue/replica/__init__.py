"""Replicas crash, fall behind, copy everything or return without their data."""
