"""What happens to the messages of a delivery once its person has returned or paid: the rules of when it was sent.

`delete` makes a deletion due now, `unbutton` and `replace` an edit; a sweep does what is due. A payment has the last
word: a return changes nothing that a payment has changed. Deleted messages are left alone.

Each statement that ends an episode applies them in the same assignments: `close_returned.sql`, `credit_payments.sql`
and `deliveries/begin_episodes.sql`. `deliveries/report_outcomes.sql` applies them to a message that is recorded
as sent after its person has returned or paid; nothing has been done to that one yet.
"""

from typing import Final

LATE_MS: Final = 48 * 3_600_000
"""A payment up to this long after an episode ended is still credited to it, and its messages may still be deleted."""
