"""The answer to an upload, which carries its commit."""

from typing import Any

from rest_framework.response import Response

from ingest.accept import ALWAYS_STREAM, CanNotAccept, Commit


class UploadResponse(Response):
    """Rendering it commits: a device reads "success" only after its records are durable.

    A server that can await the commit sets `defers_commit` on its request, performs `commit` itself, calls `settle`
    and renders.
    """

    def __init__(self, commit: Commit, *, lane: str) -> None:
        super().__init__()
        self.commit = commit
        self.renderer_context: dict[str, Any] = {}  # set by DRF before it renders
        self.lane = lane

    @property
    def rendered_content(self) -> Any:
        if self.data is None:
            try:
                self.commit.run()
            except CanNotAccept as error:
                self.settle(error)
            else:
                self.settle(None)
        return super().rendered_content

    def render(self) -> "UploadResponse":
        deferred = getattr(self.renderer_context["request"]._request, "defers_commit", False)
        return self if deferred and self.data is None else super().render()

    def settle(self, failure: CanNotAccept | None) -> None:
        """Fix status and body, now that the outcome of the commit is known."""
        if failure is not None:
            self.status_code = failure.status_code
            self["Retry-After"] = str(failure.wait)
            self.data = {"status": "error", "message": str(failure.detail)}
            return
        self.data = self._success()

    def _success(self) -> dict[str, Any]:
        upload = self.commit.upload
        body: dict[str, Any] = {
            "status": "success",
            "success": True,
            "message": f"{upload.accepted} accepted, {len(upload.rejected)} rejected",
            "accepted": upload.accepted,
            "rejected": upload.rejected,
        }
        if self.lane == ALWAYS_STREAM:
            body["status"] = "accepted"
            body["processing"] = "async" if self.commit.stream_ids else "sync"
            body["stream_id"] = self.commit.stream_ids[0] if self.commit.stream_ids else None
        return body
