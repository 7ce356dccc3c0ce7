"""``python -m jsquared.reference [--check] FOLDER``: what ``scripts/docs`` runs."""

import sys

from jsquared.reference.pages import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
