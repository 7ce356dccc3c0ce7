"""Hosts go down or lose their power, clocks jump, disks and memory run out."""
