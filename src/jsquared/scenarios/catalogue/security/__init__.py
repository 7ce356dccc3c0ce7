"""Scenarios about who is let in: certificates, passwords, rights, and strangers who try."""
