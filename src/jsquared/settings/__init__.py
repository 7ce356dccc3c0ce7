"""What a team always passes, and its own rules for runs: ``jsquared.toml`` or ``[tool.jsquared]`` in pyproject.toml."""
