"""Clients, load and what they count as acknowledged."""
