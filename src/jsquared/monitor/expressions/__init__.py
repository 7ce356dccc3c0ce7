"""PromQL expressions as trees, and what can be proven of their results: whether they are empty, and which values they can have."""
