"""Links and connections are cut, slow, lossy or crowded."""
