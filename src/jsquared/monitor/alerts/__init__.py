"""One alert a file; :mod:`jsquared.monitor.alert_catalogue` has all of them."""
