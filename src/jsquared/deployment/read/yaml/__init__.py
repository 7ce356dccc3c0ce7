"""The YAML form of a deployment."""
