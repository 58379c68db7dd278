"""What each promise of the audit says to an operator when it is broken, and what to do first."""

from dataclasses import dataclass
from typing import Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

_BOOKS: Final = _l(
    "The books themselves are hurt, which no page can do: somebody or something wrote into the database. Keep a "
    "copy of it as it is, approve no payout, and call whoever runs this installation."
)
_GUARD: Final = _l(
    "A lock of the database is missing, so rows that must stand for ever could be changed. Call whoever runs this "
    "installation: the lock has to be put back, and what was written meanwhile to be looked through."
)
_MONEY: Final = _l(
    "Approve no payout. Open the order or the waiting money named here, compare it with the statement under "
    "“Differences”, and call whoever runs this installation with the numbers below."
)
_ORDER: Final = _l(
    "Open the order and see what was asked, paid and given back. Ask the producer to send nothing more of it until "
    "that is clear, and call whoever runs this installation."
)
_LATE: Final = _l(
    "A job of the worker is late. See that the worker runs (“make run” starts it): within minutes it finishes this "
    "by itself and the alarm goes. Look into it only when it is still here after that."
)
_STOCK: Final = _l(
    "Ask the producer to block the lot and to count its packs. Sell no more of it until counted and written agree."
)
_EARNING: Final = _l(
    "Approve no payout of this producer. Compare the order with the producer's statement of the month, and call "
    "whoever runs this installation."
)
_ROUNDED: Final = _l(
    "An earlier version could leave a dong here when a refund failed between two others; the next refund of the order "
    "puts it right. After any other refund, compare the order with the producer's statement and call whoever runs this "
    "installation."
)
_PAYOUT: Final = _l(
    "Ask for no new payout to this payee. Open the batch, ask the bank what became of the transfer, and compare both."
)
_APPROVAL: Final = _l(
    "Money may have gone without the second pair of eyes. Open the batch, ask both people named here, and when the "
    "account is not the payee's, call the bank at once."
)
_STALL: Final = _l(
    "Ask the trader for the sales of that day and compare them with the money that came. Let the shift stay open "
    "until that is clear; a closed one is put right in the next."
)
_FEE: Final = _l("Ask the market's management whether it has the fee or not, and compare with the page of its fees.")
_STICKER: Final = _l(
    "Call the trader at once: the printed code must come down, customers may be paying a stranger. Then have the "
    "management write the report."
)
_STALL_ACCOUNT: Final = _l(
    "Call the trader at once and compare the account with the bank app: customers may be paying a stranger. Until it "
    "is clear let the stall take cash only, and call whoever runs this installation."
)
_OWNER: Final = _l(
    "Open the differences and make each of these yours with “I look into it”, or close it with its reason."
)
_CARD: Final = _l(
    "Somebody wrote a card number into a text. Take it out of there, and tell the person that no card number may be"
    " written down anywhere."
)
_STARS: Final = _l(
    "Compare the line with the certificate's decision. When the buyer saw stars that were not valid, tell the buyer"
    " and offer to take the goods back."
)


@dataclass(frozen=True)
class Told:
    """A broken promise in words: what is wrong, and what a person does first."""

    title: LazyString
    first: LazyString


#: By name of the check. A check without its words fails a test.
TOLD: Final = {
    "I01": Told(_l("A posting of the books does not balance, or has a single line"), _BOOKS),
    "I02": Told(_l("A line of the books has no whole, sensible amount"), _BOOKS),
    "I03": Told(_l("The books as a whole do not sum to nothing"), _BOOKS),
    "I04": Told(_l("One fact was booked twice, or one posting reversed twice"), _BOOKS),
    "I05": Told(_l("Nothing stops changes of what was booked any more"), _GUARD),
    "I06": Told(_l("More was taken out of money held for others than was in it"), _MONEY),
    "I07": Told(_l("An order's total is not the sum of its parts"), _ORDER),
    "I08": Told(_l("A line of an order is not quantity times price"), _ORDER),
    "I09": Told(_l("Nothing keeps the lines of orders as the buyer saw them any more"), _GUARD),
    "I10": Told(_l("Money paid for an order is with nobody"), _MONEY),
    "I10b": Told(_l("A parcel earned something else than was paid for it"), _EARNING),
    "I11": Told(_l("An order took a step that no order may take"), _ORDER),
    "I11b": Told(_l("A parcel took a step that no parcel may take"), _ORDER),
    "I12": Told(_l("An order is not where its last step led"), _ORDER),
    "I12b": Told(_l("A parcel is not where its last step led"), _ORDER),
    "I13": Told(_l("A paid order was not paid by exactly one payment of exactly its total"), _ORDER),
    "I13b": Told(_l("Money came for an order, and the order does not know it"), _ORDER),
    "I14": Told(_l("Money that came too late is not on its way back"), _MONEY),
    "I15": Told(_l("An order or a parcel has no goods in it"), _ORDER),
    "I16": Told(_l("An order still waits for money after its time is over"), _LATE),
    "I17": Told(_l("Two orders share one number, or were placed by one press"), _ORDER),
    "I18": Told(_l("A lot promises more packs than it has"), _STOCK),
    "I19": Told(_l("What a lot has is not the sum of what came and went"), _STOCK),
    "I20": Told(_l("What a lot promises is not the sum of its open promises"), _STOCK),
    "I21": Told(_l("Goods of a paid order did not leave the store exactly once"), _STOCK),
    "I21b": Told(_l("Goods of a stall's sale did not leave the store exactly once"), _STOCK),
    "I22": Told(_l("Goods are kept for somebody after the time is over"), _LATE),
    "I23": Told(_l("More packs came back than were sold"), _STOCK),
    "I24": Told(_l("A blocked or recalled lot was promised to a buyer"), _STOCK),
    "I25": Told(_l("A payment shares its key with another one, or its parts are not the whole"), _MONEY),
    "I26": Told(_l("A message of gateway or bank was not dealt with"), _LATE),
    "I27": Told(_l("Nobody has asked the gateway about a card payment for ten minutes"), _LATE),
    "I28": Told(_l("More was given back than was paid"), _MONEY),
    "I28b": Told(_l("The same money was given back twice"), _MONEY),
    "I29": Told(_l("A payment or refund and the books do not agree"), _MONEY),
    "I30": Told(_l("A difference from bank or gateway has had no owner for a day"), _OWNER),
    "I31": Told(_l("A text holds a card number"), _CARD),
    "I32": Told(_l("A payout is not the sum of its lines, or pays something twice"), _PAYOUT),
    "I32b": Told(_l("Lines of a payout are free while it is paid, or bound after it failed"), _PAYOUT),
    "I32c": Told(_l("A payout to a market's board is not the sum of its fees, or pays one twice"), _PAYOUT),
    "I33": Told(_l("A parcel was paid out that was not due"), _PAYOUT),
    "I34": Told(_l("A payout went without a second person, or to an account that was not ready"), _APPROVAL),
    "I34b": Told(_l("A changed account did not rest for 48 hours"), _APPROVAL),
    "I34c": Told(
        _l("A payout to a market's board went without a second person, or to an account that was not ready"), _APPROVAL
    ),
    "I35": Told(_l("The books and the parcels disagree about what a producer, the fee or the taxes got"), _EARNING),
    "I35b": Told(_l("What a parcel earned does not add up"), _EARNING),
    "I35c": Told(_l("A parcel was delivered, and nobody wrote down when"), _EARNING),
    "I35d": Told(_l("What a producer is owed is not what it earned less what was paid out"), _EARNING),
    "I35e": Told(_l("A payout and its transfer at the bank disagree"), _PAYOUT),
    "I35f": Told(_l("What a market's board is owed is not the fees less what was paid out"), _PAYOUT),
    "I35g": Told(_l("A payout to a market's board and its transfer at the bank disagree"), _PAYOUT),
    "I35h": Told(_l("A dong of fee or tax is wrong after refunds"), _ROUNDED),
    "I36": Told(_l("A stall's sale was counted twice, or paid by another payment"), _STALL),
    "I36b": Told(_l("A transfer that a trader confirmed does not fit its sale"), _STALL),
    "I36c": Told(_l("A sale with goods does not cost what they cost together"), _STALL),
    "I37": Told(_l("A stall's paid sales are not what the books learned of it"), _STALL),
    "I37b": Told(_l("A paid sale belongs to no shift, or to two"), _STALL),
    "I37c": Told(_l("A closed shift does not hold what its sales say"), _STALL),
    "I38": Told(_l("Money came for a sale, and the sale does not know it"), _STALL),
    "I39": Told(_l("A sale that a phone sent is both kept and refused, or refused without a reason"), _STALL),
    "I40": Told(_l("A cash sale has a payment, or a transfer has none"), _STALL),
    "I40b": Told(_l("A QR sale was also booked as cash"), _STALL),
    "I45": Told(_l("A buyer was shown stars of a certificate that was not valid"), _STARS),
    "I47": Told(_l("Another product left the store than the one that was ordered"), _STOCK),
    "K01": Told(_l("A market fee is called paid without its money, or its money is there and it is not"), _FEE),
    "K02": Told(_l("A printed code leads to another account, and nobody reported it"), _STICKER),
    "K03": Told(_l("A sale at a stall was asked for on an account that nobody had verified"), _STALL_ACCOUNT),
    "K04": Told(_l("A stall's account in force is not the one that was verified"), _STALL_ACCOUNT),
    "M01": Told(_l("Money that waits in the books is not what transfers and late payments have left"), _MONEY),
    "M02": Told(_l("Money of part-paid payments is not what transfers have paid of them"), _MONEY),
    "M03": Told(_l("The used part of a transfer is not the sum of what it pays"), _MONEY),
    "M04": Told(_l("A payment has received something else than its transfers say"), _MONEY),
    "M05": Told(_l("A refund is left between the books and the bank"), _MONEY),
    "M06": Told(_l("Money waits, and no work item asks anybody to decide"), _MONEY),
    "M07": Told(_l("Money that the bank took back still pays for something"), _MONEY),
}
