"""Changes of a running deployment: what differs between two configurations, and the steps that lead from one to the other."""
