"""The one door to InfluxDB: 1.x through ``/write``; 1.8, 2, 3 and VictoriaMetrics through ``/api/v2/write``; InfluxQL to read.

One blocking request a batch. The retries of influxdb-client (five, or 180 s, then the points are gone) are not used: what
fails stays on our spool.
"""

from __future__ import annotations

import base64
import http.client
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
import urllib3
from influxdb_client.client.exceptions import InfluxDBError
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.domain.write_precision import WritePrecision
from influxdb_client.rest import ApiException

from hub.effects import Point
from hub.series import lines
from hub.series.config import SeriesConfig
from hub.series.port import Aggregate, check_query
from shelfwire.errors import AwayError, PeerError, ShelfwireError

TIMEOUT_S: Final = 10.0
MAX_ANSWER_BYTES: Final = 16 * 1024 * 1024

_US: Final[Any] = WritePrecision.US  # its stubs say class, its code wants the text
_PARTIAL: Final = re.compile(r"partial write.*dropped=(\d+)", re.DOTALL)
_REFUSED_POINTS: Final = frozenset({400, 413, 422})
"""The server has read the request and does not want these points; waiting changes nothing."""


def _words(status: int, text: str, where: str) -> ShelfwireError:
    """What an answer that is no success means."""
    detail = " ".join(text.split())[:300]
    if status in _REFUSED_POINTS:
        return PeerError(f"{where} refuses points ({status}): {detail}")
    if status in {401, 403}:
        return AwayError(
            f"{where} refuses the login ({status}): {detail}; correct the credentials, points wait on disk"
        )
    return AwayError(f"{where} cannot take points now ({status}): {detail}")


def _partial(text: str) -> int | None:
    """How many points InfluxDB dropped of a batch of which it took the rest; None: that is not what it says."""
    found = _PARTIAL.search(text)
    return int(found[1]) if found else None


class _Http:
    """Plain requests with a bound and words."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self.url = url.rstrip("/")
        self._headers = dict(headers)

    def post(self, path: str, query: Mapping[str, str], data: bytes) -> tuple[int, str]:
        """(status, text). Raises `AwayError` when nobody answers."""
        url = f"{self.url}{path}?{urllib.parse.urlencode(query)}"
        request = urllib.request.Request(url, data, self._headers, method="POST")  # noqa: S310 (scheme checked by open_series)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310 (as above)
                return answer.status, answer.read(MAX_ANSWER_BYTES).decode("utf-8", "replace")
        except urllib.error.HTTPError as fault:
            with fault:
                return fault.code, fault.read(MAX_ANSWER_BYTES).decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as fault:
            reason = getattr(fault, "reason", fault)
            raise AwayError(f"{self.url} does not answer: {reason}; points wait on disk") from fault


class Influx1Sink:
    """InfluxDB 1.x: ``/write``. Makes the database when it is not there."""

    def __init__(self, config: SeriesConfig, password: str) -> None:
        self._http = _Http(config.url, _basic(config.username, password))
        self._config = config

    def send(self, points: Sequence[Point]) -> int:
        """As the port says."""
        data, refused = lines.body(points)
        if not data:
            return refused
        status, text = self._write(data)
        if status == http.HTTPStatus.NOT_FOUND and "database not found" in text:
            self._make_database()
            status, text = self._write(data)
        if status == http.HTTPStatus.NO_CONTENT:
            return refused
        if (dropped := _partial(text)) is not None:
            return refused + dropped
        raise _words(status, text, self._http.url)

    def _write(self, data: bytes) -> tuple[int, str]:
        return self._http.post("/write", {"db": self._config.database, "precision": "u"}, data)

    def _make_database(self) -> None:
        make = f"CREATE DATABASE {lines.name(self._config.database)} WITH DURATION {self._config.keep_days}d"
        status, text = self._http.post("/query", {"q": make}, b"")
        if status != http.HTTPStatus.OK or '"error"' in text:
            raise AwayError(f"{self._http.url}: cannot make database {self._config.database}: {text[:300]}")

    def retain(self, now_us: int) -> None:
        """The server's retention policy does it."""

    def close(self) -> None:
        """Nothing is kept open."""


class Influx2Sink:
    """``/api/v2/write`` through influxdb-client, one synchronous request a batch."""

    def __init__(self, config: SeriesConfig, token: str) -> None:
        self._config = config
        self._client = InfluxDBClient(
            url=config.url,
            token=token,
            org=config.org,
            timeout=int(TIMEOUT_S * 1000),
            enable_gzip=True,
            retries=False,
        )
        self._api = self._client.write_api(write_options=SYNCHRONOUS)

    def send(self, points: Sequence[Point]) -> int:
        """As the port says."""
        data, refused = lines.body(points)
        if not data:
            return refused
        try:
            self._api.write(
                bucket=self._config.bucket, org=self._config.org, record=data, write_precision=_US
            )
        except (ApiException, InfluxDBError) as fault:
            text = str(getattr(fault, "body", None) or fault)
            if (dropped := _partial(text)) is not None:
                return refused + dropped
            raise _words(int(getattr(fault, "status", 0) or 0), text, self._config.url) from fault
        except (urllib3.exceptions.HTTPError, OSError) as fault:
            raise AwayError(f"{self._config.url} does not answer: {fault}; points wait on disk") from fault
        return refused

    def retain(self, now_us: int) -> None:
        """The bucket's retention does it."""

    def close(self) -> None:
        """Close the connections."""
        self._api.close()  # type: ignore[no-untyped-call]  # the library has no types here
        self._client.close()  # type: ignore[no-untyped-call]  # as above


class InfluxReader:
    """InfluxQL through ``/query``, which 1.x, 2.x and 3.x share."""

    def __init__(self, config: SeriesConfig, headers: Mapping[str, str]) -> None:
        self._http = _Http(config.url, headers)
        self._database = config.database

    def query(  # noqa: PLR0917 (a question has these parts)
        self,
        measurement: str,
        tags: Mapping[str, str],
        field: str,
        from_us: int,
        to_us: int,
        bucket_s: int,
        how: Aggregate = "mean",
    ) -> list[tuple[int, float]]:
        """As the port says."""
        check_query(from_us, to_us, bucket_s)
        question = lines.select(measurement, tags, field, from_us, to_us, bucket_s, how)
        status, text = self._http.post("/query", {"db": self._database, "epoch": "u", "q": question}, b"")
        if status != http.HTTPStatus.OK:
            raise AwayError(f"{self._http.url} cannot answer now ({status}): {' '.join(text.split())[:300]}")
        return _rows(text, self._http.url)

    def close(self) -> None:
        """Nothing is kept open."""


def _rows(text: str, where: str) -> list[tuple[int, float]]:
    """The rows of the one series in an InfluxQL answer; a database or measurement that is not there yet has none."""
    try:
        result: dict[str, Any] = msgspec.json.decode(text)["results"][0]
        if "error" in result:
            if "database not found" in result["error"]:
                return []
            raise AwayError(f"{where} cannot answer: {result['error']}")
        series = result.get("series", [])
        rows = series[0]["values"] if series else []
        return [(int(at_us), float(number)) for at_us, number in rows if number is not None]
    except (msgspec.DecodeError, LookupError, TypeError, ValueError) as fault:
        raise AwayError(f"{where} answers what is no InfluxQL result: {text[:200]!r}") from fault


def _basic(username: str, password: str) -> dict[str, str]:
    if not username:
        return {}
    pair = base64.b64encode(f"{username}:{password}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


def reader_for(config: SeriesConfig, secret: str) -> InfluxReader:
    """The reading side of either kind; `secret` is the password or the token."""
    if config.kind == "influx1":
        return InfluxReader(config, _basic(config.username, secret))
    return InfluxReader(config, {"Authorization": f"Token {secret}"} if secret else {})
