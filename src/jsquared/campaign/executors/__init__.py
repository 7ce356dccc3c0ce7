"""Places where trials run: the protocol, and one implementation a file."""
