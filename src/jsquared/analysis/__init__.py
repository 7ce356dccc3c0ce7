"""What can be said of a deployment from its text alone, before any server is started."""
