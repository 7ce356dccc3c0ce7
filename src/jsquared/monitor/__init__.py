"""Monitoring: alerts and their rules, and what the logs of any deployment tell."""
