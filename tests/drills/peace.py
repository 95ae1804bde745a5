"""After the disasters: everybody finishes, every push finds its end, every service stops when asked to."""

import asyncio

from tests.drills.house import POLL_IS_DUE, House, Replica
from tests.drills.invariants import check, until_all_ended
from tests.drills.ledger import Ledger
from tests.drills.people import Crowd

HOME_WITHIN = 60.0
ENDS_WITHIN = 15.0
STARTS = 2


async def peace(house: House, crowd: Crowd, ledger: Ledger) -> None:
    """Let all services run undisturbed, then check everything, ends included.

    A push whose finish event met nobody is asked for at a start or once a minute: hence a second start.
    """
    ended = False
    for _ in range(STARTS):
        house.forward(POLL_IS_DUE)
        for replica in house.replicas:
            if replica.dead.is_set():
                replica.start()
                await replica.is_up()
        crowd.gate.set()
        if ended := await _all_is_done(house, crowd):
            break
        for replica in house.replicas:
            await stop(replica, ledger)
    if not ended:
        ledger.report("damage", "interviews or pushes did not come to their end")
    await check(house, ledger, at_the_end=True)
    for replica in house.replicas:
        if not replica.dead.is_set():
            await stop(replica, ledger)


async def _all_is_done(house: House, crowd: Crowd) -> bool:
    try:
        async with asyncio.timeout(HOME_WITHIN):
            await crowd.go_home()
        async with asyncio.timeout(ENDS_WITHIN):
            await until_all_ended(house)
    except TimeoutError:
        return False
    return True


async def stop(replica: Replica, ledger: Ledger) -> None:
    """A SIGTERM must end it in good order."""
    if (code := await replica.stop()) != 0:
        ledger.report("damage", f"a service stopped with {code}")
