"""The driver of readers with the Impinj IoT device interface (R700 family), over MQTT. See ``docs/readers.md``."""
