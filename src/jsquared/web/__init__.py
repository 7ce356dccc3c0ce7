"""The live page, ``jsquared serve``: a lab that is up and the run folders, in a browser of this machine (docs/guides/serve.md).

Starlette and uvicorn are the extra ``web``; nothing else of JSquared imports them, and the command line imports this package only when
the page is asked for.
"""
