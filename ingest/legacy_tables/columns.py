"""Whether a column can hold what is written to it, and the definition that mends it."""

import re
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from ingest.legacy_tables.found import Column
from ljwx.fields import BytewiseCharField

BYTEWISE = "utf8mb4_bin"
BITS = {"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "integer": 32, "bigint": 64}
LONGEST = {"tinytext": 255, "text": 65_535, "mediumtext": 2**24 - 1, "longtext": 2**32 - 1, "json": 2**32 - 1}
NEEDED_INTEGER = {"SmallIntegerField": 2**15 - 1, "IntegerField": 2**31 - 1, "BigIntegerField": 2**63 - 1}
# An upload's body is at most 256 kB, an event's value 16,000 characters of at most 4 bytes.
NEEDED_BYTES = {"JSONField": 2**24 - 1, "TextField": 65_535}
EXACT = {
    "FloatField": {"double"},
    "DateTimeField": {"datetime", "timestamp"},
    "DateField": {"date"},
    "BooleanField": {"tinyint", "bit", "bool", "boolean", "smallint", "int"},
}


@dataclass(frozen=True, slots=True)
class Need:
    """Why a column must change, and to what. Without `definition` a person must do it."""

    reasons: list[str]
    definition: str


def judge(field: Any, column: Column) -> Need | None:
    """What `column` lacks to hold every value of `field`; None when it holds them all."""
    if connection.vendor == "mysql":
        return _judge(field, column)
    reasons = [reason for reason in (_null(field, column), _affinity(field, column)) if reason]
    return Need(reasons, "") if reasons else None


def freed(column: Column) -> str:
    """The definition of `column` that an INSERT need not name."""
    return _definition(column, column.type, null=True, charset=_charset(column))


def _judge(field: Any, column: Column) -> Need | None:
    if field.primary_key:
        return _primary(column)
    wrong = _type(field, column)
    charset, collation = _text(field, column, becomes_text=bool(wrong) and _is_text(field))
    reasons = [reason for reason in (wrong, charset, collation, _null(field, column)) if reason]
    if not reasons:
        return None
    definition = _definition(
        column,
        _wanted_type(field, column) if wrong else column.type,
        null=column.nullable or field.null,
        charset=_wanted_charset(field, column) if wrong or column.charset else "",
        # A default of another sort of value can not stay.
        keeps_default=not wrong or _is_text(field) == bool(column.charset),
    )
    return Need(reasons, definition)


def _primary(column: Column) -> Need | None:
    if "auto_increment" in column.extra:
        return None
    return Need([_("does not number its rows by itself")], "bigint NOT NULL AUTO_INCREMENT")


def _null(field: Any, column: Column) -> str:
    if column.nullable or not field.null:
        return ""
    return _("must allow NULL, which is written for “not measured” or “not known”")


def _type(field: Any, column: Column) -> str:
    """Why the type is not enough; empty when it is."""
    kind, base = field.get_internal_type(), column.base
    if kind in NEEDED_INTEGER:
        if base not in BITS:
            return _("is %s, not a whole number") % column.type
        most = 2 ** (BITS[base] - ("unsigned" not in column.type)) - 1
        return "" if most >= NEEDED_INTEGER[kind] else _("%(type)s holds at most %(most)d") % _shown(column, most)
    if kind in NEEDED_BYTES:
        most = LONGEST.get(base, 0)
        return "" if most >= NEEDED_BYTES[kind] else _("%s is too short") % column.type
    if kind == "CharField":
        return _characters(field, column)
    exact = base in EXACT[kind] and not (kind == "FloatField" and ("(" in column.type or "unsigned" in column.type))
    return "" if exact else _("is %s: values read back would not be those written") % column.type


def _characters(field: Any, column: Column) -> str:
    if column.base in {"char", "varchar"}:
        short = (column.length or 0) < field.max_length
        return _("%(type)s holds at most %(most)d characters") % _shown(column, column.length or 0) if short else ""
    if column.base in LONGEST and column.base != "json" and not isinstance(field, BytewiseCharField):
        return ""
    words = [word for word, _label in field.choices or ()] or ([field.default] if field.has_default() else [])
    if column.base == "enum" and words and all(f"'{word}'" in column.type for word in words):
        return ""
    return _("is %(type)s, not text of up to %(most)d characters") % _shown(column, field.max_length)


def _text(field: Any, column: Column, *, becomes_text: bool) -> tuple[str, str]:
    """What is wrong with the character set, and with the collation of a serial."""
    if not _is_text(field) or becomes_text or not column.charset:
        return "", ""
    charset = "" if column.charset == "utf8mb4" else _("character set %s can not hold every text") % column.charset
    if column.base == "enum":
        charset = ""
    wrong = isinstance(field, BytewiseCharField) and column.collation != BYTEWISE
    return charset, _("collation %s merges serials that differ") % column.collation if wrong else ""


def _is_text(field: Any) -> bool:
    return field.get_internal_type() in {"CharField", "TextField", "JSONField"}


def _wanted_type(field: Any, column: Column) -> str:
    if field.get_internal_type() in NEEDED_BYTES:
        return "longtext"
    if field.get_internal_type() == "CharField":
        return f"varchar({max(field.max_length, (column.length or 0) if column.base in {'char', 'varchar'} else 0)})"
    return str(field.db_type(connection))


def _wanted_charset(field: Any, column: Column) -> str:
    if not _is_text(field):
        return ""
    if isinstance(field, BytewiseCharField):
        return f"CHARACTER SET utf8mb4 COLLATE {BYTEWISE}"
    return _charset(column) if column.charset == "utf8mb4" else "CHARACTER SET utf8mb4"


def _charset(column: Column) -> str:
    return f"CHARACTER SET {column.charset} COLLATE {column.collation}" if column.charset else ""


def _definition(column: Column, type_: str, *, null: bool, charset: str, keeps_default: bool = True) -> str:
    """MODIFY forgets whatever it is not told again."""
    parts = [type_, charset, "NULL" if null else "NOT NULL"]
    if column.default is not None and keeps_default:
        parts.append(f"DEFAULT {column.default}")
    if (update := re.search(r"on update \S+", column.extra)) and keeps_default:
        parts.append(update.group())
    if column.comment:
        parts.append("COMMENT '" + column.comment.replace("\\", "\\\\").replace("'", "''") + "'")
    return " ".join(part for part in parts if part)


def _affinity(field: Any, column: Column) -> str:
    """SQLite converts what it stores by the declared type, https://www.sqlite.org/datatype3.html, 3.1."""
    textual = any(word in column.type for word in ("char", "clob", "text"))
    kind = field.get_internal_type()
    if kind in NEEDED_INTEGER or kind == "FloatField":
        wrong = textual and "int" not in column.type
    else:
        wrong = kind in {"CharField", "TextField"} and not textual and column.type not in {"", "blob"}
    if field.primary_key:
        return "" if "auto_increment" in column.extra else _("does not number its rows by itself")
    if isinstance(field, BytewiseCharField) and (column.collation or "binary").lower() != "binary":
        return _("collation %s merges serials that differ") % column.collation
    return _("is %s: values read back would not be those written") % column.type if wrong else ""


def _shown(column: Column, most: int) -> dict[str, Any]:
    return {"type": column.type, "most": most}
