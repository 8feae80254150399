"""``shelfwire backup`` and ``shelfwire restore``: snapshot, journal, database and configuration in one tar file.

A backup is taken while the hub runs. The order makes it consistent: first the snapshots, then the database (which has reached them), then
the journal (which has all that the database has, and what was acknowledged since). A manifest with a checksum of each file stands last.
Time series and the raw log are not in it: they are large, and nothing is decided by them.
"""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, BinaryIO, Final, cast

import click
import msgspec

from hub import snapshot
from hub.asking import config_option
from hub.config import HubFiles, read_hub
from shelfwire import __version__
from shelfwire.errors import AwayError, InputError

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
DATABASE: Final = "database.rows"
TRIES: Final = 5
_NAME: Final = re.compile(
    r"^(database\.rows|unknown\.key|hub\.yaml|(?:snapshots|journal|imports|sites)/[A-Za-z0-9][A-Za-z0-9._-]{0,120})\Z"
)
_STATE: Final = ("snapshots", "journal", "imports")
_CHUNK: Final = 1024 * 1024


class Manifest(msgspec.Struct):
    """What a backup holds."""

    format: int
    software: str
    made_at_us: int
    sha256: dict[str, str]


@click.command()
@config_option
@click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The tar file to write.",
)
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
def backup(config_path: Path, target: Path, *, force: bool) -> int:
    """Put snapshot, journal, database and configuration into one file that only its owner can read; the hub may run."""
    if target.exists() and not force:
        raise InputError(f"{target}: is there already; name another file, or say --force to replace it")
    count = write_backup(read_hub(config_path), target)
    click.echo(f"{target}: {count} files, {target.stat().st_size} bytes")
    return 0


@click.command()
@config_option
@click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The tar file to read.",
)
@click.option("--force", is_flag=True, help="Overwrite the state and the rows that are there.")
def restore(config_path: Path, source: Path, *, force: bool) -> int:
    """Put a backup back, into an empty state and an empty database; the hub must not run."""
    files = read_hub(config_path)
    count = restore_backup(files, source, force=force)
    click.echo(f"{source}: {count} files and rows restored to {files.state_dir}")
    click.echo(f"the configuration of the backup is in {files.state_dir / 'restored'}; yours was not changed")
    return 0


def write_backup(files: HubFiles, target: Path) -> int:
    """Write a backup; returns the number of files. Raises `AwayError` when the hub gave files back faster than they were read."""
    if not files.state_dir.is_dir():
        raise InputError(f"{files.state_dir}: there is no state to back up; has the hub run?")
    part = target.with_name(target.name + ".part")
    try:
        # Users of the map and the key for unknown tags are in it: nobody else may read it, from the first byte on.
        part.unlink(missing_ok=True)
        part.touch(mode=0o600, exist_ok=False)
    except OSError as fault:
        raise InputError(
            f"{target}: cannot be written: {fault.strerror}; is the folder there, and yours?"
        ) from fault
    try:
        for _ in range(TRIES):
            sums = _try_backup(files, part)
            if sums is not None:
                part.replace(target)
                return len(sums)
    finally:
        part.unlink(missing_ok=True)
    raise AwayError(
        "the hub gives journal files back faster than they can be read; try again at a quieter time"
    )


def restore_backup(files: HubFiles, source: Path, *, force: bool = False) -> int:
    """Restore a backup after its checksums were verified; returns the number of files. Raises `InputError`."""
    from hub.start import only_one  # noqa: PLC0415 (only here)

    manifest = verify(source)
    files.state_dir.mkdir(parents=True, exist_ok=True)
    with only_one(files.state_dir):
        there = [name for name in _STATE if any((files.state_dir / name).glob("*"))]
        if there and not force:
            raise InputError(
                f"{files.state_dir}: there is a state already ({', '.join(there)}); --force overwrites it"
            )
        if force:
            _put_aside(files)
        _load_rows(files, source)
        for name in _STATE:
            shutil.rmtree(files.state_dir / name, ignore_errors=True)
        with tarfile.open(source) as tar:
            for name, file in _members(tar):
                if name not in {DATABASE, MANIFEST}:
                    _put_back(files, name, file)
    return len(manifest.sha256)


def _load_rows(files: HubFiles, source: Path) -> None:
    """The database first: it refuses one that has rows, before anything else is touched."""
    from hub.store.dump import load  # noqa: PLC0415 (only here)

    with tarfile.open(source) as tar:
        for name, file in _members(tar):
            if name == DATABASE:
                load(files.database_url, file)


def _put_aside(files: HubFiles) -> None:
    """An SQLite file keeps its rows under another name; a server's database is emptied by its own tools alone."""
    prefix = "sqlite:///"
    if not files.database_url.startswith(prefix):
        return
    path = Path(files.database_url.removeprefix(prefix))
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.replace(path.with_name(f"{path.name}.before-restore{suffix}"))


def verify(source: Path) -> Manifest:
    """Read a backup through and hold it against its manifest. Raises `InputError` that says what is wrong."""
    found: dict[str, str] = {}
    manifest: Manifest | None = None
    try:
        with tarfile.open(source) as tar:
            for name, file in _members(tar):
                if name == MANIFEST:
                    manifest = msgspec.json.decode(file.read(64 * _CHUNK), type=Manifest)
                else:
                    found[name] = _sum_of(file)
    except (OSError, tarfile.TarError, EOFError, msgspec.DecodeError) as fault:
        raise InputError(f"{source}: is no whole backup: {fault}") from fault
    if manifest is None:
        raise InputError(f"{source}: has no manifest: it is no backup, or was cut off")
    if manifest.format != FORMAT:
        raise InputError(f"{source}: has format {manifest.format}, this version reads {FORMAT}")
    wrong = sorted(
        name for name in found.keys() | manifest.sha256.keys() if found.get(name) != manifest.sha256.get(name)
    )
    if wrong:
        raise InputError(*(f"{source}: {name}: does not fit its checksum, or is missing" for name in wrong))
    return manifest


def _try_backup(files: HubFiles, part: Path) -> dict[str, str] | None:
    """One try; None: the journal no longer reaches back to the snapshot that was copied."""
    from hub.store import dump  # noqa: PLC0415 (only here)

    sums: dict[str, str] = {}
    with tarfile.open(part, "w") as tar:
        try:
            kept = snapshot.listed(files.snapshot_dir)
            for path in kept:
                _add(tar, sums, f"snapshots/{path.name}", path)
            with tempfile.TemporaryFile(dir=part.parent) as rows:
                dump.dump(files.database_url, cast("BinaryIO", rows))
                _add_file(tar, sums, DATABASE, rows)
            for path in sorted(files.imports_dir.glob("*.columns")):
                _add(tar, sums, f"imports/{path.name}", path)
            journal = sorted(files.journal_dir.glob("*.journal"))
            for path in journal:
                _add(tar, sums, f"journal/{path.name}", path)
        except FileNotFoundError:
            return None
        first = int(journal[0].stem) if journal else 1
        if first > (snapshot.position_of(kept[0]) if kept else 0) + 1:
            return None
        for name, path in _configuration(files):
            _add(tar, sums, name, path)
        manifest = Manifest(FORMAT, __version__, time.time_ns() // 1000, dict(sums))
        _add_file(tar, {}, MANIFEST, io.BytesIO(msgspec.json.encode(manifest)))
    return sums


def _configuration(files: HubFiles) -> Iterator[tuple[str, Path]]:
    yield "hub.yaml", files.path
    for number, path in enumerate(files.site_files):
        yield f"sites/{number}-{path.name}", path
    key = files.state_dir / "unknown.key"
    if key.exists():
        yield "unknown.key", key


def _put_back(files: HubFiles, name: str, file: IO[bytes]) -> None:
    is_state = name.split("/", 1)[0] in _STATE or name == "unknown.key"
    path = (files.state_dir if is_state else files.state_dir / "restored") / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as out:
        path.chmod(0o600)
        shutil.copyfileobj(file, out, _CHUNK)


def _members(tar: tarfile.TarFile) -> Iterator[tuple[str, BinaryIO]]:
    """The files of a backup. Anything else in it is refused: a tar from elsewhere must not write where it likes."""
    for member in tar:
        file = tar.extractfile(member) if member.isfile() else None
        if file is None or not (member.name == MANIFEST or _NAME.match(member.name)):
            raise tarfile.TarError(f"{member.name[:100]!r} is no part of a backup")
        yield member.name, cast("BinaryIO", file)


def _add(tar: tarfile.TarFile, sums: dict[str, str], name: str, path: Path) -> None:
    with path.open("rb") as file:
        _add_file(tar, sums, name, file)


def _add_file(tar: tarfile.TarFile, sums: dict[str, str], name: str, file: IO[bytes]) -> None:
    """Add what the file holds now; it may grow while we read, so the size is fixed first."""
    size = file.seek(0, 2)
    file.seek(0)
    info = tarfile.TarInfo(name)
    info.size = size
    info.mtime = int(time.time())
    info.mode = 0o600
    summed = _Summed(file)
    tar.addfile(info, cast("IO[bytes]", summed))
    sums[name] = summed.digest.hexdigest()


def _sum_of(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while data := file.read(_CHUNK):
        digest.update(data)
    return digest.hexdigest()


class _Summed:
    """Reads on, and sums what was read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.digest.update(data)
        return data
