"""The possible sources of an event, besides the nodes and clients of a plan. Standard library only: sandboxes use it too."""

LAB = "lab"
RELAY = "impair-relay"
"""The lab's own process that impairs links."""
LAB_PROCESS = "trial"
"""The process that runs the trial itself."""
TRIAL_PROCESS = "jsquared-trial"
"""What the kernel calls the process of a trial (``ps -o comm``); it is forked, so its command line is that of another."""
