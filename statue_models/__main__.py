"""``python -m statue_models`` is ``statue``."""

import sys

from statue_models.cli import main

if __name__ == "__main__":
    sys.exit(main())
