"""What a receiver reads from the update that an act makes."""

from bench.questions.simulate.campaign import SECOND_MS
from bench.questions.simulate.story import Act, Deed
from engine.receiver.events import Charge, Event, Gone, Refund, Renewal, SignOfLife, Wish


def event_of(act: Act) -> Event | None:
    """A dated update counts as the end of its second. Somebody who leaves makes none."""
    dated_ms, charge = act.at_ms + SECOND_MS - 1, Charge(act.charge, 1, "BRL")
    match act.deed:
        case Deed.WRITE | Deed.PAY:
            return SignOfLife(act.person, dated_ms, "Ana", None, "pt", charge if act.deed is Deed.PAY else None)
        case Deed.RENEW:
            return Renewal(act.person, dated_ms, charge)
        case Deed.REFUND:
            return Refund(act.person, dated_ms, charge)
        case Deed.BLOCK:
            return Gone(act.person, act.at_ms)
        case Deed.OPT_OUT | Deed.UNDO:
            wish = Wish(act.deed is Deed.UNDO, f"{act.person} {act.at_ms}")
            return SignOfLife(act.person, 0, "Ana", None, "pt", wish=wish)
        case Deed.LEAVE:
            return None
