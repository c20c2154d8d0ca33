"""`python -m trainctl.local.automl.trainer.simulated SECONDS`: a job that trains nothing and says so."""

from __future__ import annotations

import sys
import time

STEPS = 4


def main(seconds: float) -> None:
    """Takes so long, and says at its beginning and its end that nothing is trained."""
    _say("simulated: nothing is trained; the job only goes through its states")
    for step in range(1, STEPS + 1):
        time.sleep(seconds / STEPS)
        _say(f"simulated: {step} of {STEPS} steps")
    _say("simulated: nothing was trained, and no model is uploaded")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(float(sys.argv[1]))
