"""What each version of an engine takes as its configuration: names of directives, and values."""
