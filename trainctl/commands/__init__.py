"""What every command receives: the settings of this run and, made when first asked for, what talks to the world."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any, TextIO

from trainctl.catalog import AUTOML, DEFAULT_LOCATION, JOB_COLLECTIONS, OWN_LABELS, SERVICES, SUBMISSION_LABEL
from trainctl.clock import Clock, SystemClock
from trainctl.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import httpx

    from trainctl.api.auth import Authorizer
    from trainctl.api.client import Client
    from trainctl.api.identity import Identity
    from trainctl.api.storage import Storage
    from trainctl.api.transport import Transport
    from trainctl.catalog import Collection
    from trainctl.journal import Journal
    from trainctl.local.control import Engine
    from trainctl.preparation import Defaults
    from trainctl.render.console import Console
    from trainctl.render.machine import Output
    from trainctl.settings import Paths, Settings

LOCAL_PROJECT = "local"
LOCAL_BUCKET = "gs://local"


@dataclass(frozen=True, slots=True)
class Seams:
    """What a test replaces: the streams, the environment, the clock, the network."""

    stdin: TextIO
    stdout: TextIO
    stderr: TextIO
    environment: Mapping[str, str]
    clock: Clock = field(default_factory=SystemClock)
    transport: httpx.BaseTransport | None = None


def system_seams() -> Seams:
    """This process's own; what the encoding of a stream lacks is written as an escape, and ends nothing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    return Seams(sys.stdin, sys.stdout, sys.stderr, os.environ)


class Session:
    """One run of one command. What needs a network, a disk or an engine is opened when it is first used."""

    def __init__(self, settings: Settings, console: Console, output: Output, seams: Seams, stack: ExitStack) -> None:
        self.settings = settings
        self.console = console
        self.output = output
        self.seams = seams
        self._stack = stack

    @property
    def clock(self) -> Clock:
        """The clock that everyone is to use."""
        return self.seams.clock

    @property
    def paths(self) -> Paths:
        """Where configuration, state and cache live."""
        return self.settings.paths

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment variables of this run."""
        return self.seams.environment

    @cached_property
    def engine(self) -> Engine | None:
        """The local engine, started if need be; None when the settings lead elsewhere."""
        if not self.settings.local:
            return None
        from trainctl.commands.engine import start_engine

        return start_engine(self)

    def towards(self, *, engine: bool) -> Session:
        """A session like this one that talks to the engine, or to the service that the settings name without it."""
        if engine == self.settings.local:
            return self
        from dataclasses import replace

        from trainctl.settings import Setting

        values = {**self.settings.values, "local": Setting(engine, "the submission")}
        return Session(replace(self.settings, values=values), self.console, self.output, self.seams, self._stack)

    def use_engine(self) -> None:
        """Turn to the local engine; only before anything was asked of another service."""
        from dataclasses import replace

        from trainctl.settings import Setting

        self.settings = replace(self.settings, values={**self.settings.values, "local": Setting(True, "the job named")})

    @cached_property
    def endpoints(self) -> Mapping[str, str]:
        """Base URLs that replace the public ones, by the name of the service."""
        if self.engine is None:
            return self.settings.endpoints
        # Vertex AI and AutoML Vision have paths in common, so that one of them needs a first part of its own.
        return {**dict.fromkeys(SERVICES, self.engine.url), AUTOML.name: f"{self.engine.url}/automl"}

    @property
    def collections(self) -> tuple[Collection, ...]:
        """The collections of jobs that answer."""
        return self.answering(JOB_COLLECTIONS)

    def answering(self, collections: Sequence[Collection]) -> tuple[Collection, ...]:
        """Those of `collections` that answer: of closed services only where the settings replace their host."""
        return tuple(each for each in collections if each.service.answers(self.endpoints))

    @cached_property
    def identity(self) -> Identity:
        """Which credentials are meant; the engine has its own."""
        from trainctl.api.identity import Identity

        if self.engine:
            return Identity.of_engine(self.engine.token_file)
        from dataclasses import replace

        from trainctl.api.certificate import find_certificate

        certificate = find_certificate(self.environment, self.settings.gcloud)
        if certificate:
            self._stack.callback(certificate.discard)
        return replace(Identity.from_settings(self.settings), certificate=certificate)

    @cached_property
    def authorizer(self) -> Authorizer:
        """Who the requests are made by."""
        from trainctl.api.auth import authorize

        return authorize(self.identity, self.clock, cache=self.paths.tokens, endpoints=self.endpoints.values())

    @cached_property
    def transport(self) -> Transport:
        """The way of every request of this run."""
        from trainctl.api.hosts import choose_hosts
        from trainctl.api.rates import Limiter
        from trainctl.api.transport import Transport

        hosts = choose_hosts(
            self.environment,
            certificate=self.identity.certificate is not None,
            universe_domain=self.identity.universe_domain,
            endpoints=self.endpoints.values(),
        )
        transport = Transport(
            self.authorizer,
            self.clock,
            timeout=self.settings.request_timeout,
            ca_file=self.settings.ca_file,
            certificate=self.identity.certificate,
            hosts=hosts,
            transport=self.seams.transport,
            log=self.console.warn if self.settings.debug else None,
            limiter=Limiter(self.paths.rates, self.clock, self.console.say),
        )
        self._stack.callback(transport.close)
        return transport

    @cached_property
    def client(self) -> Client:
        """The job services."""
        from trainctl.api.client import Client

        return Client(self.transport, self.endpoints)

    @cached_property
    def storage(self) -> Storage:
        """Cloud Storage."""
        from trainctl.api.storage import Storage

        return Storage(self.transport, self.endpoints)

    @cached_property
    def journal(self) -> Journal:
        """The record of submissions."""
        from trainctl.journal import Journal

        keep = self.settings
        journal = Journal.open(self.paths.journal, self.clock, keep_days=keep.journal_days, keep_rows=keep.journal_rows)
        self._stack.callback(journal.close)
        return journal

    @property
    def project(self) -> str:
        """The project to look in; raises UsageError when nothing names one."""
        if found := self.known_project or self.authorizer.project():
            return found
        raise UsageError(
            "no project is given", hint="add `--project`, set TRAINCTL_PROJECT, or `trainctl config set project ID`"
        )

    @property
    def known_project(self) -> str | None:
        """The project that the settings name; the engine has one of its own."""
        return self.settings.project or (LOCAL_PROJECT if self.settings.local else None)

    @property
    def locations(self) -> tuple[str, ...]:
        """The locations to look in."""
        return self.settings.locations

    def defaults(self, *, display_name: str | None = None, offline: bool = False, keyed: bool = False) -> Defaults:
        """What specs that do not say it take from the settings; `offline` starts no engine, `keyed` adds labels."""
        from trainctl.preparation import Defaults

        settings = self.settings
        return Defaults(
            project=self.known_project,
            location=settings.location or DEFAULT_LOCATION,
            staging_bucket=settings.staging_bucket or (LOCAL_BUCKET if settings.local else None),
            encryption_key=settings.encryption_key,
            endpoints=settings.endpoints if offline else self.endpoints,
            display_name=display_name,
            local=settings.local,
            labels=OWN_LABELS if keyed else frozenset({SUBMISSION_LABEL}),
        )


@contextmanager
def open_session(flags: Mapping[str, Any], seams: Seams, *, new_profile: bool = False) -> Iterator[Session]:
    """A session made of a command's shared options; closes what it opened.

    With `new_profile`, the profile that an option names need not exist yet.
    """
    from trainctl.render import make_console
    from trainctl.render.machine import Output
    from trainctl.settings import NAMES, load_settings

    given = {name: flags[name] for name in flags.keys() & NAMES.keys() if _is_given(name, flags[name])}
    settings = load_settings(given, seams.environment, new_profile=new_profile)
    console = make_console(seams.stdout, seams.stderr, seams.environment, color=settings.color, quiet=settings.quiet)
    output = Output(settings.output, flags.get("query"), flags.get("columns"))
    with ExitStack() as stack:
        yield Session(settings, console, output, seams, stack)


def _is_given(name: str, value: object) -> bool:
    """Whether an option stood on the command line; of the flags only `--no-local` says something by being off."""
    return value is not None and (value is not False or name == "local")
