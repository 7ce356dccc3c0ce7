"""The grammar of log lines: what servers write, and what collectors of logs put around it. Text only."""
