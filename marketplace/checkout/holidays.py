"""Days on which nobody has to work in Vietnam, as far as a deadline depends on them."""

from datetime import date, timedelta
from typing import Final

#: First day of the lunar year and the tenth day of its third month, on Vietnam's calendar (UTC+7).
_LUNAR: Final = {
    2025: (date(2025, 1, 29), date(2025, 4, 7)),
    2026: (date(2026, 2, 17), date(2026, 4, 26)),
    2027: (date(2027, 2, 6), date(2027, 4, 16)),
    2028: (date(2028, 1, 26), date(2028, 4, 4)),
    2029: (date(2029, 2, 13), date(2029, 4, 23)),
    2030: (date(2030, 2, 2), date(2030, 4, 12)),
    2031: (date(2031, 1, 23), date(2031, 4, 1)),
    2032: (date(2032, 2, 11), date(2032, 4, 19)),
    2033: (date(2033, 1, 31), date(2033, 4, 9)),
    2034: (date(2034, 2, 19), date(2034, 4, 28)),
    2035: (date(2035, 2, 8), date(2035, 4, 17)),
}
_SATURDAY: Final = 5
_SAME_EACH_YEAR: Final = frozenset({(1, 1), (4, 30), (5, 1), (9, 1), (9, 2), (9, 3)})
#: The five days of Tết begin one or two days before the lunar year.
_TET: Final = (timedelta(days=-2), timedelta(days=3))


def is_working_day(day: date) -> bool:
    """Whether a day is neither on a weekend nor a public holiday (Labour Code 45/2019/QH14, Article 112).

    Which five days of Tết and which neighbour of 2 September are free is announced anew each year: every day that may
    be one counts as one here, which never shortens a deadline. Lunar holidays are known up to 2035.
    """
    if day.weekday() >= _SATURDAY or (day.month, day.day) in _SAME_EACH_YEAR:
        return False
    new_year, kings = _LUNAR.get(day.year, (None, None))
    is_tet = new_year is not None and new_year + _TET[0] <= day <= new_year + _TET[1]
    return not is_tet and day != kings
