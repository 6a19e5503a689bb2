"""The description of the API, and two pages that show it, without anything from other servers."""

from __future__ import annotations

from typing import Any

from csp.constants import NONCE, SELF
from csp.decorators import csp_replace
from django.utils.decorators import method_decorator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiJsonRenderer2, OpenApiYamlRenderer
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerSplitView
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer, TemplateHTMLRenderer
from rest_framework.response import Response
from rest_framework.views import APIView

from numerai.api.envelope import EnvelopeRenderer
from numerai.api.limits import UNLIMITED


class _FirstUnlessAsked(DefaultContentNegotiation):
    """Answer with the first renderer whatever Accept says, unless it names another one exactly."""

    def select_renderer(
        self, request: Any, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        asked = [token.partition(";")[0].strip() for token in self.get_accept_list(request)]
        for renderer in renderers:
            if renderer.media_type in asked:
                return renderer, renderer.media_type
        return renderers[0], renderers[0].media_type


class _Described(APIView):
    """What the three have in common: not counted, and errors in the envelope."""

    rate_limit_category = UNLIMITED
    content_negotiation_class = _FirstUnlessAsked

    def handle_exception(self, exc: Exception) -> Response:
        response = super().handle_exception(exc)
        self.request.accepted_renderer, self.request.accepted_media_type = (
            EnvelopeRenderer(),
            EnvelopeRenderer.media_type,
        )
        return response


class SchemaView(_Described, SpectacularAPIView):
    renderer_classes = [OpenApiJsonRenderer, OpenApiJsonRenderer2, OpenApiYamlRenderer]


# Both programs write style elements of their own while they run; neither needs an inline script or eval.
@method_decorator(csp_replace({"style-src": [SELF, "'unsafe-inline'"]}), name="dispatch")
class SwaggerView(_Described, SpectacularSwaggerSplitView):
    renderer_classes = [TemplateHTMLRenderer]
    template_name = "api/swagger.html"
    url_name = "api:schema"


@method_decorator(
    csp_replace(
        {
            "script-src": [SELF, NONCE],
            "style-src": [SELF, "'unsafe-inline'"],
            # Its search runs in a worker made from a blob.
            "worker-src": [SELF, "blob:"],
        }
    ),
    name="dispatch",
)
class RedocView(_Described, SpectacularRedocView):
    renderer_classes = [TemplateHTMLRenderer]
    template_name = "api/redoc.html"
    url_name = "api:schema"
