"""The driver of readers with the Zebra IoT Connector, over MQTT. See ``docs/readers.md``."""
