"""Door: certificates as JSON."""

from typing import Any

from flask.views import MethodView
from flask_smorest import Blueprint

from marketplace.core.paging import Page
from marketplace.ocop import queries
from marketplace.ocop.models import Certificate
from marketplace.ocop.schemas import CertificateListOut, CertificateOut, CertificateQuery
from marketplace.web.access import PUBLIC, allow

blueprint = Blueprint("ocop_api", __name__, description="Certificates: what was recognised, by whom, until when.")


@blueprint.route("/certificates")
@allow(PUBLIC)
class Certificates(MethodView):
    """Certificates of producers that sell here."""

    @blueprint.arguments(CertificateQuery, location="query")
    @blueprint.response(200, CertificateListOut)
    def get(self, asked: dict[str, Any]) -> Page[Certificate]:
        """Awarded certificates by commune, producer or day of validity, page by page."""
        return queries.list_public_certificates(**asked)


@blueprint.route("/certificates/<int:certificate_id>")
@allow(PUBLIC)
class OneCertificate(MethodView):
    """One certificate."""

    @blueprint.response(200, CertificateOut)
    def get(self, certificate_id: int) -> Certificate:
        """A certificate that was awarded once, whatever became of it."""
        return queries.get_public_certificate(certificate_id)
