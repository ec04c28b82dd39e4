"""`/api/schema`, the description of every endpoint, and `/api/docs`, the page that shows it without another server."""

from typing import Any

from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request

# Its scripts are files of this site; it styles what it draws, and draws small pictures out of data.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


class SchemaView(SpectacularAPIView):
    """OpenAPI 3 of this project. It tells what could be asked and nothing of what there is: anybody may read it."""

    authentication_classes = ()
    permission_classes = ()


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI on that description, from files of this site alone."""

    authentication_classes = ()
    permission_classes = ()
    url_name = "schema"

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        final = super().finalize_response(request, response, *args, **kwargs)
        final["Content-Security-Policy"] = POLICY
        return final
