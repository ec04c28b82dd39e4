"""What a run has sent, and how it was answered."""

from array import array
from collections import Counter
from dataclasses import dataclass, field

from ingest.simulator.answer import Answer
from ingest.simulator.upload import Upload

SHOWN = 10


@dataclass(slots=True)
class Tally:
    """`sent` and `accepted`: records by kind, each delivery counted; a record inside an event counts too.
    `statuses`: uploads by status code, "no answer" for none; `successes`: uploads of which everything was accepted.
    `seconds`: from upload to answer, of every answer."""

    sent: Counter[str] = field(default_factory=Counter)
    accepted: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    seconds: "array[float]" = field(default_factory=lambda: array("f"))
    uploads: int = 0
    successes: int = 0
    # answers that contradict their upload: how many, and the first few in words
    contradicted: int = 0
    contradictions: list[str] = field(default_factory=list)

    def count(self, upload: Upload, answer: Answer) -> None:
        self.uploads += 1
        self.statuses[str(answer.status or "no answer")] += 1
        accepted = answer.is_success(upload)
        self.successes += accepted
        for entry in upload.entries:
            kind = entry.kind
            self.sent[kind] += 1
            if accepted:
                self.accepted[kind] += 1
        if answer.status is not None:
            self.seconds.append(answer.answered_at - answer.sent_at)
        if said := answer.contradiction(upload):
            self.contradicted += 1
            if len(self.contradictions) < SHOWN:
                self.contradictions.append(f"{upload.path}: {said}")

    def quantile(self, share: float) -> float:
        """Seconds within which `share` of all answers came; 0 when there was none."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
