"""``python -m jsquared``: the command line."""

import sys

from jsquared.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
