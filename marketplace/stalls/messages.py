"""Words for refusals of this room."""

from flask_babel import lazy_gettext as _l

MESSAGES = {
    "market_unknown": _l("We do not know this market."),
    "stall_unknown": _l("We do not know this stall."),
    "sale_unknown": _l("We do not know this sale."),
    "month_unreadable": _l("Please write the month as year-month, for example 2026-11."),
    "former_commune_unknown": _l("This former commune is no part of the chosen commune."),
    "stall_number_taken": _l("There is a stall with this number in the market already."),
    "stall_closed": _l("This stall is closed and takes no sales."),
    "stall_without_account": _l("Please enter the bank account that is to receive the money first."),
    "bank_bin_unreadable": _l("A bank code has six digits, for example 999999."),
    "bank_account_unreadable": _l("An account number has up to 19 letters and digits, without blanks."),
    "bank_holder_unreadable": _l("Please write the holder's name as it stands on the bank card."),
    "bank_account_incomplete": _l("Please fill in bank code, account number and holder, or leave all three empty."),
    "market_area_is_the_operators": _l("Only the operator may move a market to another commune."),
    "bank_account_is_the_traders": _l("Only the trader may change the own bank account."),
    "bank_not_simulated": _l("In this simulation money goes only to bank %(bin)s, which belongs to no real bank."),
    "person_without_account": _l("Nobody has signed up with this phone yet. Ask the trader to sign up first."),
    "vendor_unknown": _l("This person does not sell at this stall."),
    "client_id_unreadable": _l("The number of the sale must be a UUID."),
    "client_id_used": _l("This sale was sent before with another amount. Please begin a new sale."),
    "moment_unreadable": _l("A moment is written with its offset, for example 2026-11-21T07:12:00+07:00."),
    "sold_in_the_future": _l("This sale lies in the future. Please check the clock of the phone."),
    "sold_too_long_ago": _l("This sale was made more than %(days)s days ago and cannot be sent any more."),
    "sale_paid": _l("The money for this sale has arrived: it cannot be cancelled any more."),
    "sale_day_over": _l("A cash sale can be taken back on its own day only."),
    "offline_sale_is_cash": _l("Without a network only cash sales can be made."),
    "too_many_sales": _l("At most %(most)s sales at once, please."),
}
