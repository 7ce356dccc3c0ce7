"""Failovers rebuilt from log files alone: who said what and when, how the clocks differ, and how long each phase took."""
