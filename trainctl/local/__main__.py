"""`python -m trainctl.local serve --home DIR`: the engine as a process."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path


def main(arguments: list[str]) -> int:
    """Runs the engine until it is told to stop; 0 when that was a clean end, 1 when it could not start."""
    parser = argparse.ArgumentParser(prog="python -m trainctl.local")
    serve = parser.add_subparsers(required=True).add_parser("serve")
    serve.add_argument("--home", type=Path, required=True, help="the folder that holds everything of this engine")
    serve.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default: a free one)")
    serve.add_argument("--jobs", type=int, help="how many jobs run at a time (default: one per core)")
    serve.add_argument("--grace", type=float, default=10.0, help="seconds between SIGTERM and SIGKILL")
    serve.add_argument("--retries", type=int, default=0, help="how often a job's killed replicas are started again")
    serve.add_argument("--limits", action="store_true", help="give jobs the cores and memory of their machine types")
    serve.add_argument("--pass-credentials", action="store_true", help="give jobs the user's own Google credentials")
    serve.add_argument("--foreground", action="store_true", help="print the address; log to the terminal")
    options = parser.parse_args(arguments)

    from trainctl.local.core import Settings
    from trainctl.local.serve import serve_forever

    settings = Settings(
        slots=options.jobs or os.cpu_count() or 1,
        environment=dict(os.environ),
        grace=options.grace,
        retries=options.retries,
        limits=options.limits,
        credentials=options.pass_credentials,
    )
    return serve_forever(options.home.absolute(), settings, port=options.port, foreground=options.foreground)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
