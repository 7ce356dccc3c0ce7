"""The catalogue of scenarios, what several of them share, and scenario files."""
