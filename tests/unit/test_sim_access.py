from __future__ import annotations

from firmware_sim.access import agent_account, allowed, hub_account, mosquitto_acl
from shelfwire import topics


def test_an_agent_may_write_only_its_own_topics() -> None:
    account = agent_account("demo", "edge-1", "p").account
    assert allowed(topics.dwells("demo", "edge-1"), account.write)
    assert not allowed(topics.dwells("demo", "edge-2"), account.write)
    assert not allowed(topics.ack("demo", "edge-1"), account.write)


def test_an_agent_cannot_listen_to_everything() -> None:
    account = agent_account("demo", "edge-1", "p").account
    assert allowed(topics.ack("demo", "edge-1"), account.read)
    for name in ("#", "shelfwire/v1/demo/#", "shelfwire/v1/demo/agent/+/ack", topics.ack("demo", "edge-2")):
        assert not allowed(name, account.read)


def test_the_hub_may_listen_to_all_agents_of_its_site_alone() -> None:
    account = hub_account("demo", "p").account
    assert allowed(topics.dwells("demo", "+"), account.read)
    assert allowed(topics.dwells("demo", "edge-9"), account.read)
    assert not allowed(topics.dwells("other", "+"), account.read)


def test_the_acl_file_names_each_account_once() -> None:
    text = mosquitto_acl([agent_account("demo", "a", "p"), hub_account("demo", "p")])
    assert text.count("user ") == 2
    assert "topic write shelfwire/v1/demo/agent/a/dwells" in text.splitlines()
