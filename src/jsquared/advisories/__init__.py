"""Published vulnerabilities of Redis and Valkey: which of them concern a version, or a distribution's package of it.

The data is shipped (``data/known-advisories.json``) and can be added to from OSV files; no network is asked.
"""
