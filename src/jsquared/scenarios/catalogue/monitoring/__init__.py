"""What watches the deployment fails itself: exporter, Prometheus, Alertmanager, the receiver of its alerts."""
