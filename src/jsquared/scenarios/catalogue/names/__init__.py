"""The name service fails, or servers return under other addresses."""
