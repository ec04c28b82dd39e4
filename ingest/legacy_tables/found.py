"""What the database has: columns, keys and what else decides whether a record can be written."""

import re
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `type` as the database spells it, `base` its first word; `default` is SQL, None when there is none."""

    name: str
    type: str
    nullable: bool
    default: str | None = None
    length: int | None = None
    charset: str | None = None
    collation: str | None = None
    comment: str = ""
    extra: str = ""

    @property
    def base(self) -> str:
        found = re.match(r"[a-z0-9]+", self.type.lower())
        return found.group() if found else ""

    @property
    def fills_itself(self) -> bool:
        """Whether an INSERT that does not name it gives it a value."""
        return self.nullable or self.default is not None or "auto_increment" in self.extra or self.generated

    @property
    def generated(self) -> bool:
        return "generated" in self.extra and "default_generated" not in self.extra


@dataclass(frozen=True, slots=True)
class Index:
    """An index with its columns in order. `whole`: none of them is cut to a prefix."""

    name: str
    columns: tuple[str, ...]
    unique: bool
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """A table. `is_table` is False for a view."""

    is_table: bool
    engine: str
    columns: dict[str, Column]
    indexes: list[Index]
    foreign_keys: list[str] = field(default_factory=list)
    triggers: list[str] = field(default_factory=list)
