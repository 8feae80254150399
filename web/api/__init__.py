"""The REST API under ``/api/v1``; its contract is ``docs/openapi.yaml``."""
