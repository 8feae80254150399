"""The shared language of Shelfwire: ids, messages, topics, site layout, tags, and the MQTT link."""

__version__ = "0.1.0"
