"""How long a buyer may send goods back, counted from when the parcel was delivered."""

from datetime import timedelta

#: The house's own promise, whatever the reason. Producers are paid out after it has passed.
RETURN_TIME = timedelta(days=7)
