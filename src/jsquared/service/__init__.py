"""Requests in, progress and results out: the set-up and the end of everything that JSquared does, shared by all doors.

A door (the command line, for one) turns its user's wishes into a request, shows the notices of a progress, and turns the result, or a
:class:`jsquared.errors.JSquaredError`, into words and a code of its own. Nothing here prints or knows a terminal. Errors name a field
of a request by its option on the command line.
"""
