"""Many trials: suites, seeds and jobs."""
