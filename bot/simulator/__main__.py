"""A simulator in its own process, for drills that kill the service: `python -m bot.simulator`."""

import argparse
from datetime import datetime
from random import SystemRandom

from aiohttp import web

from bot.simulator import SimulatorOptions, make_simulator
from bot.simulator.options import SHANGHAI


def main() -> None:
    """Serve until interrupted; the options are the account's, as the service under test is configured."""
    parser = argparse.ArgumentParser(prog="python -m bot.simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--webhook-url", default="http://127.0.0.1:8080/wechat")
    for name in ("app-id", "secret", "original-id", "token", "aes-key"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--mode", choices=("safe", "compatible", "plain"), default="safe")
    parser.add_argument("--kind", choices=("service", "subscription"), default="service")
    parser.add_argument("--unverified", action="store_true")
    parser.add_argument("--confirmation", action="store_true", help="mass sends wait for an administrator")
    given = parser.parse_args()
    options = SimulatorOptions(
        app_id=given.app_id,
        secret=given.secret,
        original_id=given.original_id,
        token=given.token,
        aes_key=given.aes_key,
        webhook_url=given.webhook_url,
        mode=given.mode,
        kind=given.kind,
        verified=not given.unverified,
        confirmation=given.confirmation,
    )
    app = web.Application()
    app.add_subapp("/simulator", make_simulator(options, lambda: datetime.now(SHANGHAI), SystemRandom()).app)
    web.run_app(app, host=given.host, port=given.port)


if __name__ == "__main__":
    main()
