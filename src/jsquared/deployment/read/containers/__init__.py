"""The servers that a container starts, and with which configuration: what its start scripts and files say, whoever describes it."""
