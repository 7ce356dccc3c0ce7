"""Somebody restarts, upgrades, fails over, reconfigures or repoints nodes by hand."""
