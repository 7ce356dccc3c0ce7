"""Checkers: from the recorded history and events alone to findings and a verdict."""
