"""The strict reader: a verdict on every text, and what it says as far as it could be read."""

from collections.abc import Iterator, Mapping
from typing import Final

from .parts import (
    MAX_PAYLOAD,
    NAPAS_GUID,
    TO_ACCOUNT,
    TO_CARD,
    Account,
    Damaged,
    Problem,
    Verdict,
    VietQr,
    checksum,
)
from .rules import frame_problems, profile_problems, read_amount

_ADDITIONAL_NAMES: Final[Mapping[str, str]] = {
    "01": "bill_number",
    "02": "mobile_number",
    "03": "store_label",
    "04": "loyalty_number",
    "05": "reference_label",
    "06": "customer_label",
    "07": "terminal_label",
    "08": "purpose",
    "09": "data_request",
}


def read(payload: str) -> VietQr:
    """Judge and read a payload. Never raises: what is wrong is in ``verdict`` and ``problems``."""
    text = payload.strip()
    padding = (Problem("white_space", "around the payload"),) if text != payload else ()
    try:
        root = _open(text)
        return _judge(root, padding)
    except Damaged as damage:
        return VietQr(Verdict.INVALID, (damage.problem,))


def _open(text: str) -> dict[str, str]:
    """Root objects of a whole text with the right checksum; raises Damaged."""
    if len(text) > MAX_PAYLOAD:
        raise Damaged("too_long", str(len(text)))
    if text[-8:-4] != "6304":
        raise Damaged("no_checksum", "does not end with a 4-character object 63")
    try:
        expected = checksum(text[:-4])
    except UnicodeEncodeError:
        raise Damaged("bad_text", "lone surrogate") from None
    if text[-4:].upper() != expected:
        raise Damaged("crc_mismatch", f"payload says {text[-4:]}, computed {expected}")
    try:
        root = _objects(text, "")
    except Damaged as damage:
        raise _counted_in_bytes(text) or damage from None
    if list(root)[-1] != "63":
        raise Damaged("no_checksum", "object 63 is not last")
    return root


def _counted_in_bytes(text: str) -> Damaged | None:
    """What is wrong with a text that is a whole chain when its lengths count bytes: the first value with marks."""
    try:
        chain = _objects(text.encode().decode("latin-1"), "")
    except Damaged:
        return None
    return Damaged("byte_lengths", next((tag for tag, value in chain.items() if not value.isascii()), ""))


def _objects(text: str, place: str) -> dict[str, str]:
    """The objects of one level in their order; raises Damaged when it is no whole chain."""
    found: dict[str, str] = {}
    for tag, value in _walk(text, place):
        if tag in found:
            raise Damaged("duplicate", place + tag)
        found[tag] = value
    return found


def _walk(text: str, place: str) -> Iterator[tuple[str, str]]:
    at, last = 0, ""
    while at < len(text):
        tag, size = text[at : at + 2], text[at + 2 : at + 4]
        # str.isdigit would take digits of other scripts
        if not (len(tag) == len(size) == 2 and (tag + size).isascii() and (tag + size).isdigit()):
            raise Damaged("bad_object", place + last)
        end = at + 4 + int(size)
        if end > len(text):
            raise Damaged("cut_short", place + tag)
        yield tag, text[at + 4 : end]
        at, last = end, tag


def _judge(root: dict[str, str], padding: tuple[Problem, ...]) -> VietQr:
    templates = {tag: _objects(value, f"{tag}.") for tag, value in root.items() if _is_template(tag)}
    amount, amount_problems = read_amount(root)
    frame = [*padding, *frame_problems(root, templates), *amount_problems, *_receiver_problems(templates)]
    transfer = templates.get("38", {})
    is_napas = transfer.get("00", "").upper() == NAPAS_GUID
    beneficiary = _objects(transfer.get("01", ""), "38.01.") if is_napas else {}
    account = Account(beneficiary.get("00"), beneficiary.get("01"), transfer.get("02")) if is_napas else None
    verdict, problems = _verdict(root, account, frame)
    additional = templates.get("62", {})
    return VietQr(
        verdict,
        tuple(problems),
        initiation={"11": "static", "12": "dynamic"}.get(root.get("01", "")),
        account=account,
        amount=amount,
        additional={name: additional[tag] for tag, name in _ADDITIONAL_NAMES.items() if tag in additional},
        schemes={
            tag: templates.get(tag, {"": value})
            for tag, value in root.items()
            if "02" <= tag <= "51" and not (is_napas and tag == "38")
        },
        merchant_category=root.get("52"),
        merchant_name=root.get("59"),
        merchant_city=root.get("60"),
        unreserved={tag: value for tag, value in root.items() if "80" <= tag <= "99"},
        fees={tag: value for tag, value in root.items() if "55" <= tag <= "57"},
        crc=root["63"],
    )


def _receiver_problems(templates: dict[str, dict[str, str]]) -> Iterator[Problem]:
    """NAPAS is named in object 38, once, and in capitals as the format prints it."""
    named = {tag: inner["00"] for tag, inner in templates.items() if inner.get("00", "").upper() == NAPAS_GUID}
    if "38" in named:
        yield from (Problem("two_receivers", tag) for tag in named if tag not in ("38", "62", "64"))
        if named["38"] != NAPAS_GUID:
            yield Problem("bad_guid", named["38"])


def _is_template(tag: str) -> bool:
    """Merchant accounts 26-51 and 62, 64 hold objects. 80-99 should, but wallets put bare values there."""
    return "26" <= tag <= "51" or tag in ("62", "64")


def _verdict(root: dict[str, str], account: Account | None, frame: list[Problem]) -> tuple[Verdict, list[Problem]]:
    if frame:
        extra = profile_problems(root, account) if account else []
        return Verdict.NONCONFORMING, frame + extra
    if account is None:
        others = [tag for tag in root if "02" <= tag <= "51"]
        if not others:
            return Verdict.NONCONFORMING, [Problem("no_account", "no merchant account in 02 to 51")]
        return Verdict.VALID_OTHER, [Problem("other_scheme", ",".join(others))]
    if account.service and account.service not in (TO_ACCOUNT, TO_CARD):
        return Verdict.VALID_OTHER, [Problem("other_service", account.service)]
    problems = profile_problems(root, account)
    return (Verdict.NONCONFORMING if problems else Verdict.VALID), problems
