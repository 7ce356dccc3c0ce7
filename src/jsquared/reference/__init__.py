"""The generated pages of docs/reference, written from the code; no part of what is installed."""
