"""`python -m trainctl.local.automl.trainer`: one AutoML job.

Apart from `task`, so that models are pickled under a name by which they can be loaded.
"""

from __future__ import annotations

import sys

from trainctl.local.automl.trainer.task import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
