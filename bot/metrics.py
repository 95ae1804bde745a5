"""What an operator watches: counters in a registry of their own, served on a bind address of their own.

No label holds anything about a person; every label value comes from a short, fixed list.
"""

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

REPLY_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.5, 4.0, 5.0)
BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class _ByLabel(dict[str, Counter]):
    """The counters of one label, each looked up once: the library takes a lock at every look."""

    def __init__(self, labelled: Counter) -> None:
        super().__init__()
        self._labelled = labelled

    def __missing__(self, label: str) -> Counter:
        counter = self[label] = self._labelled.labels(label)
        return counter


class Metrics:
    """The figures of one process; the parts of the service increment them by name."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._messages = self._counter("civility_messages", "Messages by kind.", "kind")
        self._refused = self._counter("civility_refused", "Deliveries refused, by reason.", "reason")
        self._replies = self._counter("civility_replies", "Replies by outcome.", "outcome")
        self._latency = Histogram(
            "civility_reply_seconds",
            "Seconds from a delivery's arrival to its reply.",
            buckets=REPLY_SECONDS,
            registry=self.registry,
        )
        self._batch = Histogram(
            "civility_inbox_batch_messages",
            "Messages served by one transaction.",
            buckets=BATCH_SIZES,
            registry=self.registry,
        )
        self._outbox = Gauge("civility_outbox", "Sends by state.", ["state"], registry=self.registry)

    def _counter(self, name: str, words: str, label: str) -> _ByLabel:
        return _ByLabel(Counter(name, words, [label], registry=self.registry))

    def message(self, kind: str) -> None:
        """A delivery was read: text, image, event, unknown…"""
        self._messages[kind].inc()

    def refused(self, reason: str) -> None:
        """A delivery was refused before it was read; `reason` is the short code of the refusal."""
        self._refused[reason].inc()

    def reply(self, outcome: str, seconds: float) -> None:
        """A delivery was answered (answered, empty, overloaded, not_yet…) after so many seconds."""
        self._replies[outcome].inc()
        self._latency.observe(seconds)

    def batch(self, messages: int) -> None:
        """The inbox served so many messages in one transaction."""
        self._batch.observe(messages)

    def outbox(self, states: Mapping[str, int]) -> None:
        """How many sends are in each state now; states not named have none."""
        self._outbox.clear()
        for state, count in states.items():
            self._outbox.labels(state).set(count)

    def render(self) -> bytes:
        """The figures in the text format of Prometheus."""
        return generate_latest(self.registry)


def make_metrics_app(
    metrics: Metrics, count_outbox: Callable[[], Awaitable[Mapping[str, int]]]
) -> web.Application:
    """An application with `/metrics` alone; `count_outbox` is asked at every scrape."""

    async def scrape(_request: web.Request) -> web.Response:
        metrics.outbox(await count_outbox())
        return web.Response(body=metrics.render(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.router.add_get("/metrics", scrape)
    return app
