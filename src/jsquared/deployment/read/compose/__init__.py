"""A Docker Compose file, as far as its servers' command lines and files follow from it."""
