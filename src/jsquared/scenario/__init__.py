"""The model of a scenario: what breaks when, who is left meanwhile, and what can fairly be asked then."""
