"""PromQL, read as far as it takes to know whether an expression can ever give a value.

Grammar: prometheus.io/docs/prometheus/latest/querying/basics. Precedence of operators is not needed: the names and
labels that an expression uses do not depend on it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:\\.|[^"\\])*")
    |(?P<length>\[(?:\$__\w+|\d+[smhd])(?::(?:\d+[smhd])?)?\])
    |(?P<number>\d+(?:\.\d+)?(?![smhd\w]))
    |(?P<name>[a-zA-Z_:][\w:]*)
    |(?P<sign>=~|!~|!=|==|>=|<=|[-+*/%^(){},=<>]))""",
    re.VERBOSE,
)
COMPARISONS = frozenset({"==", "!=", ">", "<", ">=", "<="})
OPERATORS = frozenset({"+", "-", "*", "/", "%", "^", "and", "or", "unless"}) | COMPARISONS
AGGREGATIONS = frozenset({"sum", "min", "max", "avg", "count"})
OF_COUNTERS = frozenset({"rate", "increase", "irate"})
OF_GAUGES = frozenset({"changes", "max_over_time", "min_over_time", "avg_over_time"})
QUANTILE = "histogram_quantile"
COUNTERS = ("_total", "_bucket", "_sum", "_count")
# What Prometheus gives each sample of a target, and the sample that it makes of each scrape.
TARGET = frozenset({"job", "instance"})

# The values that each label of a name has.
Labels = Mapping[str, frozenset[str]]


class Wrong(Exception):
    """Raised when an expression names what there is not, or uses it as what it is not."""


@dataclass
class Reader:
    """Reads one expression against the labels of the names that there are."""

    text: str
    known: Mapping[str, Labels]
    used: set[str] = field(default_factory=set)
    _at: int = 0

    def read(self) -> frozenset[str]:
        """The labels of what the whole expression gives. Raises Wrong."""
        self._tokens = [*tokens(self.text), ("end", "")]
        found = self._expression()
        self._expect("end", "")
        return found

    def _expression(self) -> frozenset[str]:
        found = self._operand()
        while self._peek()[1] in OPERATORS and self._peek()[0] != "text":
            operator = self._next()[1]
            if operator in COMPARISONS and self._peek() == ("name", "bool"):
                self._next()
            matched = self._list() if self._peek()[1] in {"on", "ignoring"} else None
            other = self._operand()
            self._require(matched is None or matched <= (found & other), f"{matched} are not on both sides")
            found = found | other if matched is None and not (found and other) else found & other
        return found

    def _operand(self) -> frozenset[str]:
        sort, word = self._next()
        if word == "-":
            return self._operand()
        if word == "(":
            found = self._expression()
            self._expect("sign", ")")
            return found
        if sort == "number":
            return frozenset()
        self._require(sort == "name", f"{word!r} begins nothing")
        if word in AGGREGATIONS:
            return self._aggregation()
        if self._peek() == ("sign", "("):
            return self._function(word)
        return self._selector(word)[1]

    def _aggregation(self) -> frozenset[str]:
        by = self._list() if self._peek()[1] == "by" else None
        self._expect("sign", "(")
        found = self._expression()
        self._expect("sign", ")")
        if by is None and self._peek() == ("name", "by"):
            by = self._list()
        by = by or frozenset()
        self._require(by <= found, f"by {sorted(by - found)}, of {sorted(found)}")
        return by

    def _function(self, name: str) -> frozenset[str]:
        self._expect("sign", "(")
        match name:
            case "time":
                found: frozenset[str] = frozenset()
            case "vector":
                found = self._expression()
            case _ if name == QUANTILE:
                self._expect("number")
                self._expect("sign", ",")
                before = set(self.used)
                found = self._expression()
                buckets = self.used - before
                self._require("le" in found, "a quantile needs the label le")
                self._require(all(each.endswith("_bucket") for each in buckets), f"{buckets} have no buckets")
                found -= {"le"}
            case _ if name in OF_COUNTERS | OF_GAUGES:
                found = self._ranged(name)
            case _:
                raise Wrong(f"{name} is no function that is known here: {self.text}")
        self._expect("sign", ")")
        return found

    def _ranged(self, function: str) -> frozenset[str]:
        if self._peek()[1] in AGGREGATIONS:
            found, name = self._operand(), ""
        else:
            name, found = self._selector(self._expect("name"))
        self._expect("length")
        self._require(
            not name or name.endswith(COUNTERS) == (function in OF_COUNTERS),
            f"{function} of {name}, which is of another type",
        )
        return found

    def _selector(self, name: str) -> tuple[str, frozenset[str]]:
        self._require(name in self.known, f"there is no {name}")
        self.used.add(name)
        labels = self.known[name]
        if self._peek() == ("sign", "{"):
            self._next()
            while self._peek() != ("sign", "}"):
                self._matcher(name, labels)
                if self._peek() == ("sign", ","):
                    self._next()
            self._next()
        return name, frozenset(labels) | TARGET

    def _matcher(self, name: str, labels: Labels) -> None:
        label, operator, value = self._expect("name"), self._expect("sign"), self._expect("text")[1:-1]
        self._require(label in labels or label in TARGET, f"{name} has no label {label}")
        if label in TARGET:
            return
        if operator in {"=", "!="}:
            self._require(value in labels[label], f"{name} has no {label} {value!r}")
        else:
            some = any(re.fullmatch(value, each) for each in labels[label])
            self._require(some, f"{name} has no {label} like {value!r}")

    def _list(self) -> frozenset[str]:
        self._next()
        self._expect("sign", "(")
        found = set()
        while self._peek() != ("sign", ")"):
            found.add(self._expect("name"))
            if self._peek() == ("sign", ","):
                self._next()
        self._next()
        return frozenset(found)

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at]

    def _next(self) -> tuple[str, str]:
        self._at += 1
        return self._tokens[self._at - 1]

    def _expect(self, sort: str, word: str | None = None) -> str:
        found = self._next()
        self._require(found[0] == sort and word in (None, found[1]), f"{found[1]!r} where {word or sort} should be")
        return found[1]

    def _require(self, condition: bool, complaint: str) -> None:
        if not condition:
            raise Wrong(f"{complaint}: {self.text}")


def tokens(text: str) -> Iterator[tuple[str, str]]:
    """The words of an expression, each with its sort. Raises Wrong."""
    at, text = 0, text.strip()
    while at < len(text):
        found = TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            raise Wrong(f"not understood from {text[at:]!r} on")
        yield found.lastgroup, found[found.lastgroup]
        at = found.end()
