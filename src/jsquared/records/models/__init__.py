"""The operations that verified clients give beside their unique writes: what each one is, and what it does to its keys."""
