"""What an answer means for a job. Pure: the same job, answer, moment and random number give the same decision."""

from __future__ import annotations

import random
from typing import NamedTuple

from . import cashier
from .cashier import Answer

READY, SENDING, VERIFY, OPENED, DECLINED, FAILED, EXPIRED = 0, 1, 2, 10, 11, 12, 13

ATTEMPTS_MAX = 8
TIME_BUDGET = 3600.0
REQUEST_VALIDITY = 60.0
CLOCK_SKEW = 10.0
CONFIG_PAUSE = 30.0
LOOK_UPS = (1.0, 5.0, 20.0)


class Decision(NamedTuple):
    """The next state; for READY and VERIFY when it is due, for an end its error. `unsent` gives the attempt back."""

    state: int
    delay: float = 0.0
    code: str = "0"
    error_class: str = ""
    message: str = ""
    unsent: bool = False
    gate: float = 0.0


def _backoff(base: float, cap: float, attempts: int) -> float:
    return random.uniform(0.0, min(cap, base * 2 ** min(max(attempts - 1, 0), 30)))


def decide_opening(claim, answer: Answer, now: float) -> Decision:
    """After a call to open a session that did not open one. `now` is the database's clock."""
    outcome = answer.outcome
    if outcome in (cashier.DECLINED, cashier.NOT_FOUND):
        return Decision(DECLINED, 0.0, answer.code, "declined", answer.message)
    if outcome == cashier.CONFIG or (outcome == cashier.RETRY and claim.attempts > 1):
        return Decision(READY, CONFIG_PAUSE, answer.code, unsent=True, gate=CONFIG_PAUSE)
    if outcome == cashier.NOT_SENT:
        return Decision(READY, _backoff(0.5, 30.0, 3), answer.code, unsent=True)
    if outcome == cashier.RETRY:
        return _again(claim, _backoff(0.5, 30.0, claim.attempts), answer, now)
    return Decision(VERIFY, LOOK_UPS[0], answer.code, message=answer.message)


def decide_look_up(claim, answer: Answer, now: float) -> Decision:
    """After a look-up of an order whose last call has an unknown outcome."""
    outcome = answer.outcome
    quiet_in = claim.last_send + REQUEST_VALIDITY + CLOCK_SKEW - now
    if outcome == cashier.FOUND_USED:
        message = "the session was opened and used, but its URL was lost with the reply"
        return Decision(FAILED, 0.0, "session_used", "unknown_outcome", message)
    # Nobody ever received the lost URL, or nothing was opened and the request is too old to be accepted any more.
    if outcome in (cashier.FOUND_OPEN, cashier.FOUND_OVER):
        return _again(claim, 0.0, answer, now)
    if quiet_in <= 0 and (
        outcome in (cashier.NOT_FOUND, cashier.LOOK_UP_REFUSED) or claim.look_ups > 2 * len(LOOK_UPS) + 5
    ):
        return _again(claim, 0.0, answer, now)
    step = LOOK_UPS[claim.look_ups] if claim.look_ups < len(LOOK_UPS) else 30.0
    if quiet_in > 0:
        step = min(step, quiet_in)
    if outcome not in (cashier.NOT_FOUND, cashier.LOOK_UP_REFUSED):
        step = max(step, min(30.0, 0.5 * 2 ** min(claim.look_ups, 10)))
    gate = CONFIG_PAUSE if outcome == cashier.CONFIG else 0.0
    return Decision(VERIFY, step, answer.code, message=answer.message, gate=gate)


def _again(claim, delay: float, answer: Answer, now: float) -> Decision:
    if claim.attempts < ATTEMPTS_MAX and now - claim.first_send < TIME_BUDGET:
        return Decision(READY, delay, answer.code, message=answer.message)
    by_attempts = claim.attempts >= ATTEMPTS_MAX
    code = "attempts_used_up" if by_attempts else "time_budget_used_up"
    message = f"no session after {claim.attempts} attempts; send it under a new order_id"
    return Decision(FAILED, 0.0, code, "attempts" if by_attempts else "time_budget", message)
