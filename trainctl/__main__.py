"""`trainctl` and `python -m trainctl`: answers `--version` before anything is imported."""

from __future__ import annotations

import os
import sys

INTERRUPTED = 130


def run() -> None:
    """Run the command line and leave the process with its exit code."""
    open_missing()
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


def open_missing() -> None:
    """Open the streams that the parent has closed: Python has None for them, and a file would get their numbers."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 - until the end


if __name__ == "__main__":
    run()
