"""The running deployment: its processes, who is primary, whether it has converged."""
