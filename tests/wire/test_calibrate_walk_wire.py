"""The installer's test tag, over a real broker: the command hears what agents report, and says nothing to them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.brokers import MOSQUITTO_5, SITE, FlavouredBroker, flavoured

from hub.calibrate.listening import listen
from hub.calibrate.walking import WalkedTag
from shelfwire import codec, topics
from shelfwire.data import config_file
from shelfwire.errors import AwayError
from shelfwire.link import BrokerConfig, Link, Message
from shelfwire.messages import Dwell, Report, Tags
from shelfwire.site.load import load_site

pytestmark = pytest.mark.needs("mosquitto")
TAG = "E2000017221101441890ABCD"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[FlavouredBroker]:
    yield from flavoured(MOSQUITTO_5, tmp_path)


async def test_the_command_hears_the_agents_beside_the_hub(broker: FlavouredBroker, tmp_path: Path) -> None:
    site = load_site(config_file("sites/small.yaml")).now
    antenna = site.antennas[0]
    agent = site.reader_by_id[antenna.reader].agent
    tags = Tags(epc=[TAG], count=[2], rssi_dbm=[-51.0])
    dwell = Dwell(reader=antenna.reader, port=antenna.port, started_at_us=1, ended_at_us=2, tags=tags)
    report = Report(agent=agent, log="a", seq=1, boot="b", made_at_us=2, wall_at_us=2, dwells=[dwell])

    async def nothing(_message: Message) -> None:
        return

    sender = Link(broker.config(agent), client_id="agent", filters=[], on_message=nothing, base=tmp_path)
    sending = asyncio.create_task(sender.run())
    await asyncio.wait_for(sender.connected.wait(), 10)
    walked = WalkedTag(site, TAG)
    hearing = asyncio.create_task(listen(broker.config("hub"), tmp_path, site.id, 1.5, walked.hear))
    await asyncio.sleep(0.7)
    assert await sender.publish(topics.dwells(SITE, agent), b"no report")
    assert await sender.publish(topics.dwells(SITE, agent), codec.encode(report))
    await hearing
    sending.cancel()
    assert walked.says(antenna.hears[0]) == (
        True,
        f"{antenna.hears[0]} is heard best by {antenna.id}, as it should be",
    )


async def test_a_broker_that_is_away_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.calibrate.listening.CONNECT_S", 0.3)
    with pytest.raises(AwayError, match="no answer"):
        await listen(BrokerConfig(port=1), tmp_path, SITE, 1.0, lambda _: None)
