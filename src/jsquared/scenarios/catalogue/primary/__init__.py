"""The primary crashes, hangs, is busy or restarts."""
