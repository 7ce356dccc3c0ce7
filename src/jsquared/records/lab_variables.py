"""The environment variables by which a program in a lab finds out where it is."""

LAB = "JSQUARED_LAB"
"""The path of the socket at which the lab is asked; only for programs that may."""
HOST, MASTER, SENTINELS = "JSQUARED_HOST", "JSQUARED_MASTER", "JSQUARED_SENTINELS"
"""The host, the name under which the primary is monitored, and the Sentinels as ``address:port,…``."""
