"""The record tables as the migrations make them, up to the last one that this database has recorded."""

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.models import UniqueConstraint

APP = "ingest"


@dataclass(frozen=True, slots=True)
class Expected:
    """One record table: its model at that migration, and its natural key as a unique key."""

    model: Any
    key: tuple[str, ...]
    key_name: str

    @property
    def table(self) -> str:
        return str(self.model._meta.db_table)

    @property
    def fields(self) -> dict[str, Any]:
        return {field.column: field for field in self.model._meta.local_fields}

    @property
    def indexes(self) -> dict[str, tuple[str, ...]]:
        """The plain indexes, by name."""
        return {index.name: tuple(index.fields) for index in self.model._meta.indexes}


@dataclass(frozen=True, slots=True)
class Target:
    """The tables of one migration, and whether the database has it recorded."""

    migration: str
    recorded: bool
    tables: list[Expected]


def load() -> Target:
    """What the tables must be. Raises django.db.Error when the database does not answer."""
    loader = MigrationLoader(connection)
    plan = [node for leaf in loader.graph.leaf_nodes(APP) for node in loader.graph.forwards_plan(leaf)]
    own = [node for node in plan if node[0] == APP]
    recorded = [node for node in own if node in loader.applied_migrations]
    node = recorded[-1] if recorded else own[0]
    models = loader.project_state([node]).apps.get_app_config(APP).get_models()
    tables = sorted((_expected(model) for model in models), key=lambda expected: expected.table)
    return Target(node[1], bool(recorded), tables)


def _expected(model: Any) -> Expected:
    for constraint in model._meta.constraints:
        if isinstance(constraint, UniqueConstraint):
            return Expected(model, tuple(constraint.fields), str(constraint.name))
    column = next(field.column for field in model._meta.local_fields if field.unique and not field.primary_key)
    return Expected(model, (column,), column)
