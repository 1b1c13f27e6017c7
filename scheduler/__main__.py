"""``python -m scheduler`` is ``baywire``."""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    # `-m` puts the working directory first on the path, where a file named lxml.py would be imported.
    if not sys.flags.safe_path and Path(sys.path[0]) != Path(__file__).parents[1]:
        del sys.path[0]
    from scheduler.cli import main

    main()
