"""What is seen of deployments that the lab did not start."""
