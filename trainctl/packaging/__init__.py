"""Local training code as a source distribution: planned without building, built by the standard frontend.

Nothing is written into the user's folders. An archive is named by what goes into it, so that the same code is built
and uploaded once.
"""

from trainctl.packaging.archive import build
from trainctl.packaging.layout import CodeUnusable, plan

__all__ = ["CodeUnusable", "build", "plan"]
