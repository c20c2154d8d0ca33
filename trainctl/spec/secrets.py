"""Secrets that were pasted into a spec: found where their form leaves no doubt, and never shown again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from trainctl.spec.problems import Problem, Severity, format_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trainctl.spec.document import Document
    from trainctl.spec.problems import PathKey

CODE = "secret"
HINT = "everybody who may see the job sees it: let the job read it from Secret Manager, or give it a `service_account`"

_FORMS = {
    "the key file of a service account": r'"type"\s*:\s*"service_account"',
    "a private key": r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----",
    "an access token": r"\bya29\.[\w-]{20,}",
    "an API key": r"\bAIza[\w-]{35}(?![\w-])",
}
_ANY = re.compile("|".join(_FORMS.values()))


def find_secrets(document: Document) -> Iterator[Problem]:
    """A warning for every text of a document that holds a secret."""
    if not _ANY.search(document.source) and not any(_ANY.search(text) for text in document.texts.values()):
        return
    for path, text in _texts(document.value):
        if what := next((what for what, form in _FORMS.items() if re.search(form, text)), None):
            message = f"`{format_path(path)}` holds {what}"
            yield document.problem(path, message, code=CODE, hint=HINT, severity=Severity.WARNING)


def _texts(value: Any, path: PathKey = ()) -> Iterator[tuple[PathKey, str]]:
    if isinstance(value, str):
        yield path, value
        return
    if isinstance(value, dict) and value.get("type") == "service_account" and "private_key" in value:
        yield path, '"type": "service_account"'
        return
    items: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from _texts(inner, (*path, key))
