"""Signals of the user while a request runs, and until its result has been shown: for doors that have signals."""

from jsquared.campaign.interruption import Interruption

__all__ = ["Interruption"]
