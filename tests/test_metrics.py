"""The figures count, and hold nothing about persons."""

from aiohttp.test_utils import TestClient, TestServer

from bot.metrics import Metrics, make_metrics_app


async def states() -> dict[str, int]:
    """An outbox with two kinds of rows."""
    return {"waiting": 2, "unknown": 1}


async def test_the_figures_are_served_on_their_own() -> None:
    metrics = Metrics()
    metrics.message("text")
    metrics.message("text")
    metrics.refused("stale")
    metrics.reply("answered", 0.02)
    metrics.batch(7)
    async with TestClient(TestServer(make_metrics_app(metrics, states))) as client:
        answer = await client.get("/metrics")
        lines = (await answer.text()).splitlines()
        assert answer.headers["Content-Type"].startswith("text/plain")
        assert (await client.get("/")).status == 404
    assert 'civility_messages_total{kind="text"} 2.0' in lines
    assert 'civility_refused_total{reason="stale"} 1.0' in lines
    assert 'civility_replies_total{outcome="answered"} 1.0' in lines
    assert 'civility_reply_seconds_bucket{le="0.025"} 1.0' in lines
    assert "civility_inbox_batch_messages_sum 7.0" in lines
    assert 'civility_outbox{state="waiting"} 2.0' in lines


def test_a_state_that_emptied_is_gone() -> None:
    metrics = Metrics()
    metrics.outbox({"waiting": 2})
    metrics.outbox({"sent": 2})
    assert b'state="waiting"' not in metrics.render()


def test_two_services_in_one_process_count_apart() -> None:
    first, second = Metrics(), Metrics()
    first.message("text")
    assert b'kind="text"' not in second.render()
