"""Where a deployment runs: hosts with addresses, processes on them, links that can be cut."""
