"""The way of a create call: journal, upload, POST, and what an uncertain end of it means.

Vertex AI's create calls are not idempotent. A submission is written down before its request is sent, the request
carries the submission's id as a label, and after an outcome that leaves it open whether the job exists, the label is
looked up and the job adopted; the request is never simply sent again.
"""

from __future__ import annotations

from trainctl.submission.batch import Batch
from trainctl.submission.keys import key_of
from trainctl.submission.settling import Settled, absent_after, settle
from trainctl.submission.submitter import Submitted, Submitter

__all__ = ["Batch", "Settled", "Submitted", "Submitter", "absent_after", "key_of", "settle"]
