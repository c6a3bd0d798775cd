"""Start the command line: `python -m core --help`."""

import sys

from core.shell.main import main, use_utf8

if __name__ == "__main__":
    use_utf8()
    sys.exit(main())
