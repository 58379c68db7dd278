"""The rules of recognition, as dated rows. A newer decision is a new row; old certificates keep theirs.

Sources (domain research 1.1, 1.4, 1.5): decisions 1048/QĐ-TTg of 21 August 2019, 148/QĐ-TTg of 24 February 2023 and
1489/QĐ-TTg of 6 July 2025, which amends 148 for communes and provinces without districts.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from marketplace.core import clock
from marketplace.ocop.models import AuthorityLevel

#: A certificate lives for so many calendar months from the day of issue (4/2/2020 ends with 4/2/2023).
VALIDITY_MONTHS = 36
#: What may be shown and sold as OCOP: three stars and more.
LOWEST_STARS, HIGHEST_STARS = 3, 5
#: From so many points a province calls a product a potential five-star one; the ministry decides.
POTENTIAL_FIVE_STAR_SCORE = Decimal(90)

#: Lower ends of the half-open bands: [50, 70) three stars, [70, 90) four, [90, 100] five (100 included).
_BANDS = ((Decimal(90), 5), (Decimal(70), 4), (Decimal(50), 3), (Decimal(30), 2), (Decimal(0), 1))

#: ``2497/QĐ-UBND``, ``1850/QĐ-UBND-HC``, ``377/QĐ-BNN-VPĐP``, ``2361/QĐ-BNNMT``.
_DECISION_NUMBER = re.compile(r"[0-9]{1,5}/QĐ-[A-ZĐ&]+(-[A-ZĐ&]+)*")


@dataclass(frozen=True)
class RuleSet:
    """One set of rules: ``[starts_on, ends_on)``, and which level recognises which stars while it is in force."""

    code: str
    decision_number: str
    starts_on: date
    #: First day on which a newer set rules; None for the one in force.
    ends_on: date | None
    authority: Mapping[int, AuthorityLevel]
    source: str

    def holds_on(self, day: date) -> bool:
        """Whether a decision of that day was taken under this set."""
        return self.starts_on <= day and (self.ends_on is None or day < self.ends_on)


RULE_SETS = (
    RuleSet(
        code="1048/2019",
        decision_number="1048/QĐ-TTg",
        starts_on=date(2019, 8, 21),
        ends_on=date(2023, 2, 24),
        authority={3: AuthorityLevel.PROVINCE, 4: AuthorityLevel.PROVINCE, 5: AuthorityLevel.CENTRE},
        source="Quyết định 1048/QĐ-TTg ngày 21/8/2019",
    ),
    RuleSet(
        code="148/2023",
        decision_number="148/QĐ-TTg",
        starts_on=date(2023, 2, 24),
        ends_on=date(2025, 7, 6),
        authority={3: AuthorityLevel.DISTRICT, 4: AuthorityLevel.PROVINCE, 5: AuthorityLevel.CENTRE},
        source="Quyết định 148/QĐ-TTg ngày 24/2/2023",
    ),
    RuleSet(
        code="1489/2025",
        decision_number="1489/QĐ-TTg",
        starts_on=date(2025, 7, 6),
        ends_on=None,
        authority={3: AuthorityLevel.PROVINCE, 4: AuthorityLevel.PROVINCE, 5: AuthorityLevel.CENTRE},
        source="Quyết định 1489/QĐ-TTg ngày 6/7/2025, sửa đổi Quyết định 148/QĐ-TTg",
    ),
)


def find_rule_set(day: date) -> RuleSet | None:
    """The rules under which a decision of ``day`` was taken; None before the programme began."""
    return next((rules for rules in RULE_SETS if rules.holds_on(day)), None)


def stars_of(score: Decimal) -> int:
    """Stars of a score out of 100 by the half-open bands, 1 to 5. The bands are the same in all three decisions."""
    return next(stars for lowest, stars in _BANDS if score >= lowest)


def expiry_of(issued_on: date) -> date:
    """First day on which a certificate issued on ``issued_on`` no longer counts."""
    return clock.add_months(issued_on, VALIDITY_MONTHS)


def is_usual_decision_number(number: str) -> bool:
    """Whether a decision's number looks as such numbers do; another form deserves a second look, not a refusal."""
    return _DECISION_NUMBER.fullmatch(number) is not None
