"""From what the user has to a deployment."""
