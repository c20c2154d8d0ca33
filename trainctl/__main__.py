"""`trainctl` and `python -m trainctl`: answers `--version` before anything is imported."""

from __future__ import annotations

import sys


def run() -> None:
    """Run the command line and leave the process with its exit code."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from trainctl import __version__

        sys.stdout.write(f"trainctl {__version__}\n")
        return
    from trainctl.cli import main

    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    run()
