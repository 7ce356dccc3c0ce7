"""One trial, from plan to verdict."""
