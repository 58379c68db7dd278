"""The one blueprint of the operator's money pages."""

from flask import Blueprint

blueprint = Blueprint("settlement", __name__, url_prefix="/operator/money")
