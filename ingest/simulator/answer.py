"""What the server says to an upload."""

from dataclasses import dataclass
from typing import Any

import msgspec

from ingest.simulator.upload import Upload


class Body(msgspec.Struct):
    """What the body of an answer says."""

    status: str = ""
    success: Any = True
    accepted: int = -1
    rejected: list[dict[str, Any]] = []


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` None: no answer within the time-out, or a broken connection: the upload may or may not be stored.
    Times are epoch seconds."""

    status: int | None
    body: bytes
    sent_at: float
    answered_at: float

    def is_success(self, upload: Upload) -> bool:
        """Whether the client takes it for success: exactly 200, and for those that read it, a body that says so."""
        return self.status == 200 and (not upload.reads_answer or self._says_success(self._said(), upload))

    def contradiction(self, upload: Upload) -> str:
        """What a 200 says that can not be; nothing when it is as it should be."""
        if self.status != 200:
            return ""
        said = self._said()
        if not self._says_success(said, upload):
            return f"200 without success in its body: {self.body[:200]!r}"
        named = {item.get("index") for item in said.rejected}
        if said.accepted == upload.accepted and named == upload.refused:
            return ""
        return (
            f"accepted {said.accepted}, rejected {sorted(named, key=str)},"
            f" where {upload.accepted} and {sorted(upload.refused)} were meant"
        )

    def _said(self) -> Body:
        try:
            return msgspec.json.decode(self.body, type=Body)
        except msgspec.MsgspecError:
            return Body()

    def _says_success(self, said: Body, upload: Upload) -> bool:
        return said.status == ("accepted" if upload.always_stream else "success") and said.success is True
