"""Hardening: a deployment's lines with users, limits and TLS put in, and nothing guessed."""
