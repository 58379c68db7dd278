"""Words for what can go wrong with people and their sign-in."""

from flask_babel import lazy_gettext as _l

MESSAGES = {
    "sign_in_wrong": _l("The phone number (or e-mail) and the password do not belong together."),
    "too_many_tries": _l("Too many wrong tries. Please wait %(seconds)s seconds, then try again."),
    "sign_in_busy": _l("Many people are signing in just now. Please try again in a few seconds."),
    "code_wrong": _l("This code is wrong or was used before. Please type the code that the app shows now."),
    "second_factor_exists": _l("An authenticator app is connected already."),
    "password_too_short": _l("At least %(shortest)s characters, please. A short sentence is easy to remember."),
    "password_common": _l("Too many people use this password. Please choose another, for example a short sentence."),
    "password_is_own_data": _l(
        "Your own name, phone number or e-mail is easy to guess. Please choose another password."
    ),
    "password_wrong": _l("This is not your present password."),
    "password_same": _l("Please choose a password that differs from the old one."),
    "account_taken": _l("This phone number or e-mail has an account already."),
    "phone_or_email_needed": _l("Please give a phone number or an e-mail address."),
    "person_unknown": _l("We could not find this person."),
    "session_unknown": _l("This session has ended already."),
    "grant_unknown": _l("This role has been taken away already."),
    "grant_scope_wrong": _l(
        "An officer needs a commune or province; a member, vendor or manager needs the number of their producer, "
        "stall or market; other roles need neither."
    ),
    "unit_level_wrong": _l(
        "Please give the code of a commune for a commune officer, of a province for a province officer."
    ),
    "last_operator": _l("This is the last operator. Please give the role to somebody else first."),
    "not_oneself": _l("You cannot do this to your own account."),
    "tokens_many": _l("You have 20 tokens. Please revoke one that is no longer used."),
    "token_unknown": _l("This token has been revoked already."),
    "token_scope_missing": _l("This token may only read."),
}
