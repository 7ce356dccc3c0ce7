"""What the lab watches while a trial runs."""
