"""How the views of the API describe themselves."""

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiParameter

from ljwx.schema import Described
from rollout.api.once import HEADER

READING = {401: "Nobody said who asks.", 403: "Who asks lacks the permission.", 429: "Refused too often."}
CHANGING = {
    400: "`fields` names each field that can not be, and why.",
    409: "Nothing was changed; `allowed` says what can be done now, `blocked_by` what is in the way.",
    415: "The body is not `application/json`.",
    422: "The idempotency key was used for another body.",
    503: "The database, or Redis where it is needed, does not answer.",
}


class ControlSchema(Described):
    """A reading view's query, a changing view's body, the permission it needs, and what it may answer."""

    def get_tags(self) -> list[str]:
        return ["control"]

    def get_description(self) -> str:  # type: ignore[override]
        return f"{super().get_description()}\n\nPermission: `{self._of_view('needs')[self.method]}`."

    def get_override_parameters(self) -> list[Any]:
        if self.method == "GET":
            question = self._of_view("question")
            return [question] if question().fields else []
        about = "The same key again gets the first answer again and changes nothing; kept for 24 hours."
        return [OpenApiParameter(HEADER, str, OpenApiParameter.HEADER, description=about)]

    def get_request_serializer(self) -> Any:
        return self._of_view("form") if self.method == "POST" else None

    def get_response_serializers(self) -> Any:
        self.refusals = {**READING, **(CHANGING if self.method == "POST" else {})}
        if "{" in self.path:
            self.refusals[404] = "There is nothing with this number."
        found = super().get_response_serializers()
        if self.method == "POST":
            found[self._of_view("made")] = success = found.pop(200)
            found |= dict.fromkeys(self._of_view("also"), success)
        return found

    def _of_view(self, name: str) -> Any:
        return getattr(self.view, name)


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Tokens of `manage.py api_token`."""

    target_class = "rollout.api.bearer.Bearer"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> Any:
        return {"type": "http", "scheme": "bearer"}


class DoorScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """On the machine of the embedded default nothing is needed."""

    target_class = "rollout.api.door.LoopbackDoor"
    name: Any = ["loopback"]

    def get_security_requirement(self, auto_schema: Any) -> Any:
        return {} if settings.EMBEDDED else None

    def get_security_definition(self, auto_schema: Any) -> Any:
        return []
