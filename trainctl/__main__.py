"""`trainctl` and `python -m trainctl`: answers `--version` before anything is imported."""

from __future__ import annotations

import os
import sys

INTERRUPTED = 130


def run() -> None:
    """Run the command line and leave the process with its exit code."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from trainctl import __version__

        sys.stdout.write(f"trainctl {__version__}\n")
        return
    from trainctl.cli import main

    code = main(sys.argv[1:])
    if code == INTERRUPTED:
        # Python would wait for requests that are still under way in threads.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    run()
