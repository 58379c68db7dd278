"""Members that Stripe documents and the sandbox only keeps, written as words: ``card(network plan(count)) link``.

What is not among them is refused as any unknown parameter is, and so is what is not of its kind: a member's name tells
whether it is a number, a flag, a choice or a list; every other one is a text.
"""

import re

from .addresses import Country
from .params import EitherOr, Flag, Group, Kind, Many, Metadata, Text, Whatever, Whole

_FLAGS = (
    "avs_failure cvc_failure debit_negative_balances directors_provided enabled executives_provided moto "
    "owners_provided requested request_extended_authorization request_incremental_authorization_support "
    "require_cvc_recollection tos_shown_and_accepted"
)
_NUMBERS = (
    "amount count date day end_date expires_after_days expires_after_seconds interval_count month monthly_anchor "
    "start_date year"
)
_CHOICES = {
    "acss_debit.currency": "cad usd",
    "amount_type": "fixed maximum",
    "bancontact.preferred_language": "de en fr nl",
    "bank_transfer.type": "eu_bank_transfer gb_bank_transfer jp_bank_transfer mx_bank_transfer us_bank_transfer",
    "capture_method": "manual",
    "funding_type": "bank_transfer",
    "mandate_options.interval": "day month sporadic week year",
    "network": "amex cartes_bancaires diners discover eftpos_au girocard interac jcb link mastercard unionpay unknown "
    "visa",
    "payment_schedule": "combined interval sporadic",
    "plan.interval": "month",
    "plan.type": "bonus fixed_count revolving",
    "political_exposure": "existing none",
    "request_incremental_authorization": "if_available never",
    "request_multicapture": "if_available never",
    "request_overcapture": "if_available never",
    "schedule.interval": "daily manual monthly weekly",
    "sofort.preferred_language": "de en es fr it nl pl",
    "structure": "free_zone_establishment free_zone_llc government_instrumentality governmental_unit "
    "incorporated_non_profit incorporated_partnership limited_liability_partnership llc multi_member_llc "
    "private_company private_corporation private_partnership public_company public_corporation public_partnership "
    "registered_charity single_member_llc sole_establishment sole_proprietorship "
    "tax_exempt_government_instrumentality unincorporated_association unincorporated_non_profit "
    "unincorporated_partnership",
    "setup_future_usage": "none off_session on_session",
    "transaction_type": "business personal",
    "verification_method": "automatic instant microdeposits",
    "wechat_pay.client": "android ios web",
    "weekly_anchor": "friday monday saturday sunday thursday tuesday wednesday",
}
#: Lists, each with its choices.
_LISTS = {
    "default_for": "invoice subscription",
    "networks.requested": "ach us_domestic_wire",
    "permissions": "balances ownership payment_method transactions",
    "requested_address_types": "aba iban sepa sort_code spei swift zengin",
    "supported_types": "india",
}
#: Texts that may not be as long as others.
_LONGEST = {
    4: "mcc",
    10: "affirm.preferred_locale statement_descriptor_prefix statement_descriptor_prefix_kana "
    "statement_descriptor_prefix_kanji",
    11: "confirmation_number",
    17: "statement_descriptor_suffix_kanji",
    22: "konbini.product_description payments.statement_descriptor payouts.statement_descriptor "
    "statement_descriptor_kana statement_descriptor_kanji statement_descriptor_suffix_kana",
    80: "mandate_options.reference",
    100: "address.city registered_address.city support_address.city company.name company.name_kana company.name_kanji "
    "first_name last_name",
    128: "afterpay_clearpay.reference",
    200: "address.line1 address.line2 registered_address.line1 registered_address.line2 support_address.line1 "
    "support_address.line2 mandate_options.description",
    500: "back front interval_description",
    40_000: "business_profile.product_description",
}
_COUNTRIES = "address.country registered_address.country support_address.country"
#: The kind of a member by its name, or by the object's name and its own.
_KINDS: dict[str, Kind] = {
    **dict.fromkeys(_FLAGS.split(), Flag()),
    **dict.fromkeys(_NUMBERS.split(), Whole()),
    **dict.fromkeys(_COUNTRIES.split(), Country(clearable=True)),
    **{name: Text(choices=tuple(words.split()), clearable=True) for name, words in _CHOICES.items()},
    **{name: Many(Text(choices=tuple(words.split()))) for name, words in _LISTS.items()},
    **{name: Text(longest=most, clearable=True) for most, names in _LONGEST.items() for name in names.split()},
    "full_name_aliases": Whatever(),
    "interac_present": Group({}, clearable=True),
    "sepa_debit.mandate_options": Group({}, clearable=True),
    **dict.fromkeys(("konbini.expires_after_days", "konbini.expires_at"), Whole(clearable=True)),
    "pix.expires_at": Whole(),
    "schedule.delay_days": EitherOr((Text(choices=("minimum",)), Whole())),
    "metadata": Metadata(),
    # one word, two meanings: a choice among the options of a card, a flag among those of a card that is present
    "card.request_extended_authorization": Text(choices=("if_available", "never"), clearable=True),
}
_WORD = Text(clearable=True)


def known(words: str, *, of: str = "", **read: Kind) -> Group:
    """The object with these members, each kept as it came; ``of`` is its name, ``read`` names kinds of members."""
    levels: list[dict[str, Kind]] = [{}]
    names = [of]
    for word in re.findall(r"[a-z0-9_]+|[()]", words):
        if word == "(":
            names.append(list(levels[-1])[-1])
            levels.append({})
        elif word == ")":
            inner = levels.pop()
            levels[-1][names.pop()] = Group(inner, clearable=True)
        else:
            levels[-1][word] = _KINDS.get(f"{names[-1]}.{word}", _KINDS.get(word, _WORD))
    return Group({**levels[0], **read}, clearable=True)


RADAR = known("session")
MANDATE = Group(
    {
        "customer_acceptance": known(
            "accepted_at offline online(ip_address user_agent)", type=Text(required=True, choices=("offline", "online"))
        )
    },
    clearable=True,
)
SECURE = Text(choices=("any", "automatic", "challenge"))
_DEBIT = "financial_connections(permissions return_url) networks(requested) setup_future_usage verification_method"
_BANK_TRANSFER = "bank_transfer(eu_bank_transfer(country) requested_address_types type) funding_type setup_future_usage"
_ACSS = "mandate_options(custom_mandate_url interval_description payment_schedule transaction_type)"
_KEPT = " ".join(
    f"{name}(setup_future_usage)"
    for name in (
        "alipay", "au_becs_debit", "bacs_debit", "eps", "fpx", "giropay", "grabpay", "ideal", "paynow",
    )
)  # fmt: skip
#: ``payment_method_options`` of PaymentIntents.
PAYMENT_OPTIONS = known(
    f"""acss_debit({_ACSS} setup_future_usage verification_method)
    affirm(capture_method preferred_locale setup_future_usage) afterpay_clearpay(capture_method reference
    setup_future_usage) bancontact(preferred_language setup_future_usage) blik(code) boleto(expires_after_days
    setup_future_usage) card_present(request_extended_authorization request_incremental_authorization_support)
    cashapp(capture_method setup_future_usage) customer_balance({_BANK_TRANSFER}) interac_present klarna(capture_method
    preferred_locale setup_future_usage) konbini(confirmation_number expires_after_days expires_at product_description
    setup_future_usage) link(capture_method persistent_token setup_future_usage) oxxo(expires_after_days
    setup_future_usage) p24(setup_future_usage tos_shown_and_accepted) pix(expires_after_seconds expires_at
    setup_future_usage) sepa_debit(mandate_options setup_future_usage) sofort(preferred_language setup_future_usage)
    us_bank_account({_DEBIT}) wechat_pay(app_id client setup_future_usage) promptpay(setup_future_usage)
    {_KEPT}""",
    card=known(
        """capture_method cvc_token installments(enabled plan(count interval type)) mandate_options(amount amount_type
        description end_date interval interval_count reference start_date supported_types) moto network
        require_cvc_recollection setup_future_usage statement_descriptor_suffix_kana statement_descriptor_suffix_kanji
        request_extended_authorization request_incremental_authorization request_multicapture request_overcapture""",
        of="card",
        request_three_d_secure=SECURE,
    ),
)
#: ``payment_method_options`` of SetupIntents.
SETUP_OPTIONS = known(
    f"""acss_debit(currency {_ACSS.replace("(", "(default_for ", 1)} verification_method) blik(code)
    link(persistent_token) sepa_debit(mandate_options) us_bank_account(financial_connections(permissions return_url)
    networks(requested) verification_method)""",
    card=known(
        """mandate_options(amount amount_type currency description end_date interval interval_count reference start_date
        supported_types) moto network""",
        request_three_d_secure=SECURE,
    ),
)
#: ``payment_method_options`` of Checkout Sessions.
SESSION_OPTIONS = known(
    f"""acss_debit(currency {_ACSS.replace("(", "(default_for ", 1)} setup_future_usage verification_method)
    affirm(setup_future_usage) afterpay_clearpay(setup_future_usage) bancontact(setup_future_usage)
    boleto(expires_after_days setup_future_usage) cashapp(setup_future_usage) customer_balance({_BANK_TRANSFER})
    klarna(setup_future_usage) konbini(expires_after_days setup_future_usage) oxxo(expires_after_days
    setup_future_usage) p24(setup_future_usage tos_shown_and_accepted) pix(expires_after_seconds)
    sepa_debit(setup_future_usage) sofort(setup_future_usage) us_bank_account(financial_connections(permissions)
    setup_future_usage verification_method) wechat_pay(app_id client setup_future_usage) {_KEPT}""",
    card=known(
        """installments(enabled) setup_future_usage statement_descriptor_suffix_kana
        statement_descriptor_suffix_kanji""",
        request_three_d_secure=SECURE,
    ),
)
_PLACE = "city country line1 line2 postal_code state"
_PLACES = f"address({_PLACE}) address_kana({_PLACE} town) address_kanji({_PLACE} town)"
_TERMS = "tos_acceptance(date ip user_agent)"
_NAMED = " ".join(
    f"{name}_payments(requested)"
    for name in (
        "acss_debit", "affirm", "afterpay_clearpay", "au_becs_debit", "bacs_debit", "bancontact", "bank_transfer",
        "blik", "boleto", "card", "cartes_bancaires", "cashapp", "eps", "fpx", "giropay", "grabpay", "ideal",
        "india_international", "jcb", "klarna", "konbini", "legacy", "link", "oxxo", "p24", "paynow", "promptpay",
        "sepa_debit", "sofort", "us_bank_account_ach",
    )
)  # fmt: skip
#: What a connected account tells of itself.
ACCOUNT: dict[str, Kind] = {
    "business_profile": known(
        f"mcc name product_description support_address({_PLACE}) support_email support_phone support_url url",
        of="business_profile",
    ),
    "capabilities": known(
        f"""{_NAMED} card_issuing(requested) tax_reporting_us_1099_k(requested) tax_reporting_us_1099_misc(requested)
        transfers(requested) treasury(requested)"""
    ),
    "company": known(
        f"""{_PLACES} directors_provided executives_provided export_license_id export_purpose_code name name_kana
        name_kanji owners_provided ownership_declaration(date ip user_agent) phone registration_number structure tax_id
        tax_id_registrar vat_id verification(document(back front))""",
        of="company",
    ),
    "individual": known(
        f"""{_PLACES} dob(day month year) email first_name first_name_kana first_name_kanji full_name_aliases gender
        id_number id_number_secondary last_name last_name_kana last_name_kanji maiden_name metadata phone
        political_exposure registered_address({_PLACE}) ssn_last_4 verification(additional_document(back front)
        document(back front))"""
    ),
    "settings": known(
        f"""branding(icon logo primary_color secondary_color) card_issuing({_TERMS})
        card_payments(decline_on(avs_failure cvc_failure) statement_descriptor_prefix statement_descriptor_prefix_kana
        statement_descriptor_prefix_kanji) payments(statement_descriptor statement_descriptor_kana
        statement_descriptor_kanji) payouts(debit_negative_balances schedule(delay_days interval monthly_anchor
        weekly_anchor) statement_descriptor) treasury({_TERMS})"""
    ),
    "tos_acceptance": known("date ip service_agreement user_agent"),
}
