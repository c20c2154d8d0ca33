"""What trainctl asks of job services: one method a verb, plain JSON objects in and out.

Paths and parameters: Google's discovery documents of aiplatform v1, automl v1 and ml v1.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any

from trainctl.api.answers import read_object
from trainctl.api.faults import AnswerLost, NotOffered, NotSent, name_host
from trainctl.api.transport import Request, do_nothing
from trainctl.catalog import AUTOML, ML, MODELS, SUBMISSION_LABEL, VERTEX, ResourceName
from trainctl.errors import NotFound, OutcomeUnknown, RequestRefused, Unreachable
from trainctl.wire import items, text, texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from trainctl.api.transport import Answer, Transport
    from trainctl.catalog import Call, Collection, Service

Resource = dict[str, Any]
"""A resource as the service gave it; with the `name` that ml.v1 leaves out."""

PAGE_SIZE, MOST_EMPTY = 100, 10_000
"""Resources that a page has, and pages in a row that may have none: a filter that little meets leaves many empty."""
RATE_PATIENCE = 180.0
"""Seconds for which a create waits for its turn: rates are counted by the minute."""
_PROJECT = re.compile(r"/v\d\w*/projects/([^/]+)/")
BAD_REQUEST = 400
POLICY_VERSION = "3"
"""The version of IAM's policies that has conditions."""


class Client:
    """Calls of the job services behind some endpoints.

    Reads, cancels and deletes are repeated over passing faults; creates never are. All methods raise
    RequestRefused and its kinds, CredentialsError, Unreachable.
    """

    def __init__(self, transport: Transport, endpoints: Mapping[str, str]) -> None:
        self._transport = transport
        self._endpoints = endpoints

    def create(self, call: Call, leaving: Callable[[], None] = do_nothing) -> Resource:
        """The created resource.

        Sent once, and again only when the service says that it takes no more in this minute; `leaving` is called just
        before, which may be minutes from now, and can keep it from that by what it raises. Raises OutcomeUnknown
        when the resource may exist all the same (connection lost after sending, timeout, 408, 5xx, an answer that
        cannot be read), and Unreachable when it was certainly not sent.
        """
        try:
            request = Request(
                "POST",
                call.url,
                json=call.body,
                headers=self._headers(call.url),
                create=True,
                deadline=RATE_PATIENCE,
                leaving=leaving,
            )
            answer = self._transport.send(request)
        except AnswerLost as error:
            raise _unknown(call, error.message) from error
        try:
            created = _named(read_object(answer, call.url), call.collection, call.project)
        except Unreachable as error:
            if _is_certain(answer):
                raise
            raise _unknown(call, error.message) from error
        if not created.get("name"):
            raise _unknown(call, f"{name_host(call.url)} answered without the name of what it created")
        return created

    def find_by_label(
        self, collection: Collection, project: str, location: str, value: str, *, label: str = SUBMISSION_LABEL
    ) -> list[Resource]:
        """Every resource of a collection whose label has that value; lists may lag behind a create."""
        try:
            found = [*self.list(collection, project, location, filter=f'labels.{label}="{value}"')]
        except RequestRefused as error:
            # No document of ml.v1 has labels among the words of its filters; whoever speaks it may not know them.
            if collection.service is not ML or error.http_status != BAD_REQUEST:
                raise
            found = [*self.list(collection, project, location)]
        return [each for each in found if texts(each.get("labels")).get(label) == value]

    def get(self, name: ResourceName, *, service: Service | None = None, deadline: float | None = None) -> Resource:
        """One resource; `deadline` bounds all attempts, in seconds.

        `service` is whose it is where its name does not show it: AutoML Vision once had ids of digits alone.
        """
        found = self._call("GET", self._url(name, service), deadline=deadline)
        return _named(found, name.entry, name.project)

    def list(
        self,
        collection: Collection,
        project: str,
        location: str,
        *,
        filter: str = "",  # noqa: A002 - the API's own word
        page_size: int = PAGE_SIZE,
        read_mask: str = "",
        limit: int | None = None,
        deadline: float | None = None,
    ) -> Iterator[Resource]:
        """The resources of a collection in the service's order, each page fetched when it is reached.

        `filter` is in Google's syntax, `read_mask` a comma list of fields, `limit` a bound on the whole. A page
        token that comes twice raises Unreachable instead of going round for ever, and so do empty pages without end.
        """
        size = page_size if limit is None else max(1, min(page_size, limit))
        pages = self.pages(
            collection, project, location, filter=filter, page_size=size, read_mask=read_mask, deadline=deadline
        )
        return islice((resource for page in pages for resource in page), limit)

    def pages(
        self,
        collection: Collection,
        project: str,
        location: str,
        *,
        above: str = "",
        filter: str = "",  # noqa: A002 - the API's own word
        page_size: int = PAGE_SIZE,
        read_mask: str = "",
        deadline: float | None = None,
    ) -> Iterator[Sequence[Resource]]:
        """The same as `list`, page by page as the service cuts them, for who shows each when it has come.

        With `above`, as in `datasets/7/`, only what lies below that resource.
        """
        parent = collection.parent(project, location)
        url = f"{self._base(collection.service, location)}/{parent}/{above}{collection.id}"
        params = {"filter": filter, "pageSize": str(page_size), "readMask": read_mask}
        for page in self._pages(url, collection.key, params, deadline=deadline):
            yield [_named(each, collection, project) for each in page]

    def cancel(self, name: ResourceName) -> None:
        """Ask for a job's end, which comes later; a job that ended in the meantime is no error."""
        self._end("POST", f"{self._url(name)}:cancel", "FAILED_PRECONDITION", json={})

    def delete(self, name: ResourceName) -> Resource:
        """The operation that deletes a resource; `{}` when an attempt whose answer was lost has done it.

        `MODEL@VERSION` is one version of a model.
        """
        verb = ":deleteVersion" if name.collection == MODELS.id and "@" in name.id else ""
        return self._end("DELETE", f"{self._url(name)}{verb}")

    def patch(self, name: ResourceName, body: Mapping[str, Any], update_mask: str) -> Resource:
        """The resource with the fields that `update_mask` names as `body` has them.

        Raises RequestRefused (ABORTED) when the body's etag is not the resource's any more, which may also be the echo
        of this very change where an answer was lost.
        """
        found = self._call("PATCH", self._url(name), params={"updateMask": update_mask}, json=body)
        return _named(found, name.entry, name.project)

    def get_policy(self, name: ResourceName) -> Resource:
        """Who may do what with a resource; conditions are told whole. https://cloud.google.com/iam/docs/policies."""
        params = {"options.requestedPolicyVersion": POLICY_VERSION}
        return self._call("GET", f"{self._url(name)}:getIamPolicy", params=params)

    def set_policy(self, name: ResourceName, policy: Mapping[str, Any], update_mask: str = "") -> Resource:
        """The policy as it is then; without a mask, bindings and etag are written. Raises as `patch` does."""
        body = {"policy": policy, **({"updateMask": update_mask} if update_mask else {})}
        return self._call("POST", f"{self._url(name)}:setIamPolicy", json=body)

    def test_permissions(self, name: ResourceName, permissions: Sequence[str]) -> Sequence[str]:
        """Those of the permissions that the caller has on a resource; none for one that does not exist."""
        found = self._call("POST", f"{self._url(name)}:testIamPermissions", json={"permissions": permissions})
        return [text(each) for each in items(found.get("permissions"))]

    def begin(self, name: ResourceName, verb: str, body: Mapping[str, Any]) -> Resource:
        """The operation that a custom method of a resource starts, such as `import`; sent once.

        Raises OutcomeUnknown when it may have been started all the same.
        """
        url = f"{self._url(name)}:{verb}"
        request = Request("POST", url, json=body, headers=self._headers(url), create=True, deadline=RATE_PATIENCE)
        answer = None
        try:
            answer = self._transport.send(request)
            return read_object(answer, url)
        except Unreachable as error:
            if isinstance(error, NotSent) or (answer and _is_certain(answer)):
                raise
            hint = f"look at {name.collection}/{name.id} before you try again"
            message = f"the {verb} may or may not have begun: {error.message}"
            raise OutcomeUnknown(message, hint=hint) from error

    def list_below(self, name: str, child: str, key: str) -> Iterator[Resource]:
        """The resources below another one, such as a model's evaluations; `key` is where the answer has them."""
        for page in self._pages(f"{self._operation_url(name)}/{child}", key, {}, deadline=None):
            yield from page

    def get_below(self, name: ResourceName, path: str, *, service: Service | None = None) -> Resource:
        """One resource below another one, such as an annotation spec of a dataset; `service` as in `get`."""
        return self._call("GET", f"{self._url(name, service)}/{path}")

    def version_pages(self, name: ResourceName) -> Iterator[Sequence[Resource]]:
        """The versions of a model, page by page."""
        yield from self._pages(
            f"{self._url(name)}:listVersions", MODELS.id, {"pageSize": str(PAGE_SIZE)}, deadline=None
        )

    @property
    def patience(self) -> float:
        """Seconds for which a service may be asked to wait."""
        return self._transport.patience

    def get_operation(self, name: str) -> Resource:
        """A long-running operation by its full name."""
        return self._call("GET", self._operation_url(name))

    def await_operation(self, name: str, seconds: float) -> Resource:
        """The operation of that name once it is done, or when the service itself has waited for so long.

        Its own bound is lower. A service that cannot wait answers at once.
        """
        timeout = f"{seconds:.3f}".rstrip("0").rstrip(".") + "s"
        parsed = ResourceName.parse(name)
        of_vertex = parsed is None or parsed.service is VERTEX  # which takes it in the query, AutoML Vision in the body
        try:
            return self._call(
                "POST",
                f"{self._operation_url(name)}:wait",
                params={"timeout": timeout} if of_vertex else None,
                json=None if of_vertex else {"timeout": timeout},
            )
        except RequestRefused as error:
            if error.http_status not in (400, 404, 405):
                raise
            return self.get_operation(name)
        except NotOffered:
            return self.get_operation(name)

    def _pages(
        self, url: str, key: str, params: Mapping[str, str], *, deadline: float | None
    ) -> Iterator[Sequence[Resource]]:
        seen, empty = set[str](), 0
        query = {name: value for name, value in params.items() if value}
        while True:
            page = self._call("GET", url, params=query, deadline=deadline)
            found = [each for each in items(page.get(key)) if isinstance(each, dict)]
            yield found
            empty = 0 if found else empty + 1
            token = text(page.get("nextPageToken"))
            if not token:
                return
            if token in seen or empty == MOST_EMPTY:
                what = f"the same page of {key} twice" if token in seen else f"{empty} empty pages of {key} in a row"
                raise Unreachable(f"{name_host(url)} gave {what}, so its list has no end")
            seen.add(token)
            query["pageToken"] = token

    def _call(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        deadline: float | None = None,
    ) -> Resource:
        """What one repeatable request gives."""
        return read_object(self._answer(method, url, params=params, json=json, deadline=deadline), url)

    def _end(self, method: str, url: str, *over: str, json: Any = None) -> Resource:
        """The same of one that ends something; `{}` when an answer was lost and it is not there then, or is `over`."""
        answer = self._answer(method, url, json=json)
        try:
            return read_object(answer, url)
        except RequestRefused as error:
            if answer.in_doubt and (isinstance(error, NotFound) or error.status in over):
                return {}
            raise

    def _answer(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        deadline: float | None = None,
    ) -> Answer:
        headers = self._headers(url)
        request = Request(method, url, params or {}, json=json, headers=headers, repeat=True, deadline=deadline)
        return self._transport.send(request)

    def _headers(self, url: str) -> Mapping[str, str]:
        """The project of the path as the one that pays, with every call of AutoML Vision as its guide has it.

        A quota project of the settings or the credentials takes its place: the transport adds that.
        """
        found = _PROJECT.search(url) if AUTOML.owns(url, self._endpoints) else None
        return {"x-goog-user-project": found[1]} if found else {}

    def _base(self, service: Service, location: str) -> str:
        return f"{service.base_url(location, self._endpoints)}/{service.version}"

    def _url(self, name: ResourceName, service: Service | None = None) -> str:
        return f"{self._base(service or name.service, name.location)}/{name}"

    def _operation_url(self, name: str) -> str:
        if parsed := ResourceName.parse(name):
            return self._url(parsed)
        parts = name.split("/")
        location = parts[parts.index("locations") + 1] if "locations" in parts[:-1] else ""
        return f"{self._base(VERTEX, location)}/{name}"


def _named(resource: Resource, collection: Collection | None, project: str) -> Resource:
    """The resource with its name, which a collection that knows its resources by another field does not send."""
    if collection is None or not collection.identity or resource.get("name"):
        return resource
    id_ = text(resource.get(collection.identity))
    return {**resource, "name": str(collection.name(project, "", id_))} if id_ else resource


def _is_certain(answer: Answer) -> bool:
    """Whether an answer that is not the service's own says that nothing was done: a redirect or a proxy's refusal."""
    return 300 <= answer.status < 500 and answer.status != 408


def _unknown(call: Call, reason: str) -> OutcomeUnknown:
    labelled = SUBMISSION_LABEL in (call.body.get("labels") or {})
    listed = f"`trainctl {call.collection.id} list` shows whether it is there: look before you try again"
    return OutcomeUnknown(
        f"the {call.collection.noun} may or may not have been created: {reason}",
        hint="`trainctl history resolve` looks it up by its label" if labelled else listed,
    )
