"""Monitoring: the catalogue of alerts, and the exporter, Prometheus and Alertmanager that carry them."""
