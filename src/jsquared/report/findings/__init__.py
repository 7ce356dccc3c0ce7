"""The findings of a static analysis as documents: for a terminal, for code scanning, for a pull request.

:mod:`document` is what all of them show; each of the others makes one format of it.
"""
