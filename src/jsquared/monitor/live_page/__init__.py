"""The panels on a page of our own, for as long as a deployment is watched from here."""
