"""Everything that observes a running trial."""
