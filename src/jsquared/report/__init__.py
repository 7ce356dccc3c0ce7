"""From a run folder to what people and other programs read."""
