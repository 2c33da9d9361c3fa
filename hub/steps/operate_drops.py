"""Operate on drops: a sealed one is taken back. Only where nothing of it can have arrived, or in so many words."""

from hub.ledger import retaking
from hub.ledger.deliveries import open_drops
from hub.ledger.lanes import claim_lane, release_lane
from hub.ledger.voids import void
from hub.reasons import MAY_HAVE_ARRIVED
from hub.steps.operate import Desk, NotDone
from hub.words import DropState


def void_drop(desk: Desk, key: str, words: str = "") -> int:
    """Take a sealed drop back: its reports go anew, in another. Returns how many. Raises NotDone.

    Only where nothing of it can have arrived, unless the `words` say so.
    """
    drop = _drop(desk, key)
    if drop.state != DropState.SEALED:
        raise NotDone(f"{key} is {drop.state}: only a sealed drop can be voided.")
    claim = claim_lane(desk.ledger, drop.force, drop.route, drop.open.lane)
    if claim is None:
        raise NotDone(f"A worker is sending in the lane of {key} just now: try again in a minute.")
    try:
        if not any(one.id == drop.open.id for one in open_drops(desk.ledger, claim)):
            raise NotDone(f"{key} came to its end meanwhile.")
        if desk.dry_run:
            return drop.open.reports
        if void(desk.ledger, claim, drop.open, desk.clock.now(), route=None, reason=desk.reason, actor=desk.actor):
            return drop.open.reports
        if words != MAY_HAVE_ARRIVED:
            raise NotDone(f"Something of {key} may have arrived. Ask the force; to void it all the same, say: {MAY_HAVE_ARRIVED}")
        return retaking.take_back(desk.ledger, claim, drop.open, desk.author("void"))
    finally:
        release_lane(desk.ledger, claim)


def _drop(desk: Desk, key: str) -> retaking.Drop:
    drop = retaking.drop_of(desk.ledger, key)
    if drop is None:
        raise NotDone(f"The ledger has no drop {key}.")
    return drop
