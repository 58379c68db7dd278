"""Words for refusals of this room."""

from flask_babel import lazy_gettext as _l

MESSAGES = {
    "statement_empty": _l("The file is empty."),
    "statement_too_large": _l("The file is larger than %(limit_mb)s MB. Please export fewer days."),
    "statement_is_workbook": _l(
        "This is a workbook or PDF, not CSV. Please export CSV at the bank, or save the sheet as “CSV UTF-8”."
    ),
    "statement_utf16": _l("The file is written in UTF-16. Please save it as “CSV UTF-8” and choose it again."),
    "statement_not_utf8": _l(
        "The file is not written in UTF-8 (old files use Windows-1258). Please save it as “CSV UTF-8”: letters would "
        "be wrong otherwise."
    ),
    "statement_quotes": _l("A quotation mark opens here and does not close, so rows below it would be lost."),
    "statement_layout_unknown": _l(
        "No header row of a known layout was found. Allowed: day, reference, debit, credit, text (A); day, one signed "
        "amount, text (B); day, debit, credit, text (C)."
    ),
    "statement_account_missing": _l("Above the table a line “Số tài khoản: …” must say which account this is."),
    "statement_other_account": _l("The statement is about another account. Only %(expected)s can be read here."),
    "statement_other_currency": _l("Only statements in đồng (VND) can be read."),
    "statement_without_rows": _l("There is no movement below the header row."),
    "statement_too_many_rows": _l("A file may hold at most %(most)s rows. Please export fewer days."),
    "statement_bad_day": _l(
        "Please give a day as dd/mm/yyyy, with or without a time, for example 21/11/2026 07:12:00."
    ),
    "statement_day_out_of_range": _l("The day must lie between the year 2000 and today."),
    "statement_bad_amount": _l("Please give whole đồng, for example 1.250.000 or 1,250,000.00; đồng has no decimals."),
    "statement_amount_missing": _l("One of the amounts must be filled in and not be zero."),
    "statement_two_amounts": _l("Only one of debit and credit may be filled in."),
    "statement_credit_negative": _l("A credit cannot be negative; money that left belongs into the debit column."),
    "statement_more_cells": _l(
        "The row has more cells than the header. Is an amount with a comma without quotation marks, or a separator in "
        "the text?"
    ),
    "statement_reference_rewritten": _l(
        "A spreadsheet has shortened the number of the booking. Please use the file as the bank exported it."
    ),
    "statement_reference_too_long": _l("A reference has at most 80 characters."),
    "statement_reference_twice": _l("Row %(first)s has the same reference; each booking has its own."),
    "statement_total_differs": _l("The rows above add up to %(summed)s. Is a row missing?"),
    "statement_balance_differs": _l(
        "Opening balance and rows make %(reckoned)s, the file says %(told)s. Is a row missing?"
    ),
    "statement_contradicts": _l(
        "This reference is known with another amount or day (%(known)s). One of the two statements is wrong."
    ),
    "difference_unknown": _l("We could not find this difference."),
    "difference_closed": _l("This difference is closed already."),
    "alarm_over": _l("This alarm is over: the promise is kept again."),
    "account_unknown": _l("We could not find this account."),
    "day_in_future": _l("This day has not come yet."),
    "payout_batch_unknown": _l("We could not find this batch of payouts."),
    "payout_batch_decided": _l("Somebody has decided about this batch in the meantime. Please look at it again."),
    "payout_own_batch": _l("You asked for this batch, so another operator has to decide about it."),
    "payout_account_gone": _l(
        "The bank called an account closed. Let the payee name another one, or confirm it below with the reason."
    ),
    "payout_nobody_chosen": _l("Please tick at least one producer or market."),
    "payout_producer_not_ready": _l(
        "The account of one of the chosen producers is no longer ready. Please look at the list again."
    ),
    "payout_board_not_ready": _l(
        "The account of the board of one of the chosen markets is no longer ready. Please look at the list again."
    ),
    "payout_nothing_due": _l("Nothing is due any more: somebody else was quicker. Please look at the list again."),
}
