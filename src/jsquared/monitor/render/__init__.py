"""The whole monitoring stack as files for the user's own machines, in one of three forms."""
