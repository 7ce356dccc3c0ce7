"""Exporter, Prometheus and Alertmanager as processes of this machine, on loopback alone, for one running deployment."""
