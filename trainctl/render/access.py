"""Access policies as rows: who has which role, under which condition."""

from __future__ import annotations

from trainctl.render.columns import Column
from trainctl.render.machine import Subject

Row = tuple[str, str, str, str]
"""Role, member, condition and its expression of one grant."""

GRANTS: Subject[Row] = Subject(
    (
        Column("role", lambda row: row[0], width=24),
        Column("member", lambda row: row[1], width=36),
        Column("condition", lambda row: row[2] or "-", elastic=True),
        Column("expression", lambda row: row[3] or "-", wide=True, elastic=True),
    ),
    raw=list,
    name=lambda row: row[1],
)
