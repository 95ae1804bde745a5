"""A WeChat to run on a laptop: the platform, a phone in the browser and scripted residents.

It imports nothing of bot.wechat: its own XML, encryption and signatures, so that no error cancels itself out.
"""

from random import Random

from bot.simulator.options import Clock, SimulatorOptions
from bot.simulator.residents import Resident
from bot.simulator.routes import add_routes
from bot.simulator.simulator import Simulator

__all__ = ["Resident", "Simulator", "SimulatorOptions", "make_simulator"]


def make_simulator(options: SimulatorOptions, clock: Clock, rng: Random) -> Simulator:
    """A simulator whose `.app` is to be mounted: `service.add_subapp("/simulator", simulator.app)`.

    Then api_base is <service>/simulator/api and oauth_base <service>/simulator/oauth.
    """
    simulator = Simulator(options, clock, rng)
    add_routes(simulator)
    return simulator
