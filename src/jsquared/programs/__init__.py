"""The programs that JSquared works with: found on this machine, or fetched from its distribution without root."""
