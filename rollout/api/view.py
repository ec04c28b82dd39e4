"""What every view of the API does: who may, what was asked, which answer."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, MethodNotAllowed, NotAuthenticated, Throttled
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from rollout.api import errors, once
from rollout.api.bearer import Bearer
from rollout.api.door import LoopbackDoor
from rollout.api.forms.strict import Form
from rollout.api.refusals import Refusals
from rollout.api.schema import ControlSchema


class MayDo(BasePermission):
    """Whether the user has the permission that the view needs for this method."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user:
            return False
        needed = view.needs.get("GET" if request.method == "HEAD" else request.method)
        if needed is None:
            raise MethodNotAllowed(str(request.method))
        self.message = _("This needs the permission %s.") % needed
        return bool(request.user.has_perm(needed))


class ControlView(APIView):
    """A view for people and their programs. `needs`: the permission for each method it has, and no other is there."""

    authentication_classes = (Bearer, SessionAuthentication, LoopbackDoor)
    permission_classes = (MayDo,)
    http_method_names = ("get", "head", "post")
    schema = ControlSchema()
    needs: ClassVar[Mapping[str, str]]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if "HTTP_AUTHORIZATION" in request.META:
            Refusals().check(request)
        super().initial(request, *args, **kwargs)

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, NotAuthenticated | AuthenticationFailed):
            try:
                Refusals().check(self.request)
                Refusals().remember(self.request)
            except Throttled as throttled:
                exc = throttled
        return super().handle_exception(exc)

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Any]:
        return errors.answer

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        final = super().finalize_response(request, response, *args, **kwargs)
        final["Cache-Control"] = "no-store"
        return final


class Reading(ControlView):
    """A GET. `question`: what its query may say."""

    question: ClassVar[type[Serializer[Any]]] = Form

    def get(self, request: Request, **kwargs: Any) -> Response:
        answer = self.read(valid(self.question, request.query_params), **kwargs)
        return Response({"status": "success", **answer})

    def read(self, asked: dict[str, Any], *, number: str = "") -> dict[str, Any]:
        """The answer. Raises what `errors.answer` knows."""
        raise NotImplementedError


class Acting(ControlView):
    """A POST that changes something: with an idempotency key it does so once. `form`: what its body may say;
    `repeatable`: see `once.answer`; `made`: the status of its success, or else one of `also`."""

    form: ClassVar[type[Serializer[Any]]]
    repeatable = False
    made: ClassVar[int] = status.HTTP_200_OK
    also: ClassVar[tuple[int, ...]] = ()

    def post(self, request: Request, **kwargs: Any) -> Response:
        ticket = once.ticket(request)
        return once.answer(ticket, lambda: self._work(request, **kwargs), repeatable=self.repeatable)

    def _work(self, request: Request, **kwargs: Any) -> Response:
        try:
            answer = self.act(request, valid(self.form, request.data), **kwargs)
        except Exception as error:  # noqa: BLE001 - a refusal is an answer to keep; what nobody foresaw is raised again
            return self.handle_exception(error)
        return Response({"status": "success", **answer}, status=self.code(answer))

    def code(self, answer: dict[str, Any]) -> int:
        """The status of a success: `made`, or one of `also`."""
        return self.made

    def act(self, request: Request, asked: dict[str, Any], *, number: str = "") -> dict[str, Any]:
        """Do what was asked; returns what to answer. Raises what `errors.answer` knows."""
        raise NotImplementedError


def valid(form: type[Serializer[Any]], data: Any) -> dict[str, Any]:
    """What `data` says by the rules of `form`. Raises ValidationError."""
    filled = form(data=data)
    filled.is_valid(raise_exception=True)
    return dict(filled.validated_data)
