"""Words for what can go wrong with certificates."""

from flask_babel import lazy_gettext as _l

MESSAGES = {
    "ocop_product_not_found": _l("We could not find this recognised product."),
    "ocop_product_exists": _l("This producer has a recognised product of that name already. Please choose it."),
    "alcohol_is_drink": _l("Only a drink can be alcoholic."),
    "certificate_not_found": _l("We could not find this certificate."),
    "certificate_exists": _l("This decision is recorded for this product already."),
    "certificate_overlaps": _l(
        "The certificate of decision %(number)s still counts until %(until)s. Tick that the new one replaces it."
    ),
    "certificate_state": _l("Somebody changed this certificate in the meantime. Please look at it again."),
    "stars_not_awardable": _l("Only 3, 4 or 5 stars are awarded. A potential five-star product is recorded with 4."),
    "stars_unreadable": _l("Please choose 3, 4 or 5 stars. A proposed five-star product is recorded with 4."),
    "potential_sells_as_four": _l("A potential five-star product is recorded with 4 stars until the ministry decides."),
    "score_disagrees": _l(
        "These points do not give %(stars)s stars: 50 to under 70 are 3 stars, 70 to under 90 are 4, 90 to 100 are 5."
    ),
    "authority_level_wrong": _l(
        "On that day another level recognised %(stars)s stars (decision %(rules)s). Please check level and date."
    ),
    "decision_date_wrong": _l("The day of the decision lies between 21/08/2019 and today."),
    "issue_date_wrong": _l("The first day lies on or within a year after the decision, and after the one it replaces."),
    "end_date_wrong": _l("The last day lies between the first day of the certificate and 90 days from now."),
    "province_officer_needed": _l("Only an officer of this product's province records this."),
}
