"""Staff who may log in to web, and their sessions. Tables of web's own; the hub never reads them."""

from __future__ import annotations

import hashlib

import msgspec
from sqlalchemy import Engine, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from hub.store.engine import open_engine, reading, writing
from hub.store.tables import sessions, users
from shelfwire.errors import InputError


class User(msgspec.Struct, frozen=True, kw_only=True):
    """One who may log in."""

    name: str
    role: str
    password_hash: str
    made_at_us: int


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A login that is in force, with the role that its user has now."""

    name: str
    role: str
    made_at_us: int
    seen_at_us: int
    expires_at_us: int


class Users:
    """Users and sessions of one site. Thread-safe. Every method raises `AwayError` while the database is away."""

    def __init__(self, target: str | Engine, site: str) -> None:
        self._engine = open_engine(target)
        self._ours = self._engine is not target
        self._site = site

    def close(self) -> None:
        """Give the connections back."""
        if self._ours:
            self._engine.dispose()

    def add_user(self, name: str, role: str, password_hash: str, now_us: int) -> None:
        """Add a user. Raises `InputError` when the name is taken."""
        row = {"name": name, "role": role, "password_hash": password_hash, "made_at_us": now_us}
        try:
            with writing(self._engine, "add a user") as connection:
                connection.execute(insert(users).values(site=self._site, **row))
        except IntegrityError as fault:
            raise InputError(
                f"user {name}: this name is taken; choose another or remove the user first"
            ) from fault

    def set_password(self, name: str, password_hash: str) -> None:
        """A new password; ends all sessions of the user. Raises `InputError` when there is no such user."""
        with writing(self._engine, "set a password") as connection:
            mine = (users.c.site == self._site, users.c.name == name)
            if (
                connection.execute(update(users).where(*mine).values(password_hash=password_hash)).rowcount
                != 1
            ):
                raise InputError(f"user {name}: there is no such user")
            connection.execute(delete(sessions).where(sessions.c.site == self._site, sessions.c.name == name))

    def remove_user(self, name: str) -> None:
        """Remove a user with all sessions. Raises `InputError` when there is no such user."""
        with writing(self._engine, "remove a user") as connection:
            gone = connection.execute(delete(users).where(users.c.site == self._site, users.c.name == name))
            if gone.rowcount != 1:
                raise InputError(f"user {name}: there is no such user")

    def user(self, name: str) -> User | None:
        """A user by name."""
        wanted = select(users.c.name, users.c.role, users.c.password_hash, users.c.made_at_us)
        with reading(self._engine, "look for a user") as connection:
            row = connection.execute(
                wanted.where(users.c.site == self._site, users.c.name == name)
            ).one_or_none()
        return None if row is None else User(**row._mapping)  # noqa: SLF001 (its public name in SQLAlchemy)

    def users(self) -> list[User]:
        """All users by name."""
        wanted = select(users.c.name, users.c.role, users.c.password_hash, users.c.made_at_us)
        with reading(self._engine, "list the users") as connection:
            rows = connection.execute(wanted.where(users.c.site == self._site).order_by(users.c.name)).all()
        return [User(**row._mapping) for row in rows]  # noqa: SLF001 (its public name in SQLAlchemy)

    def users_exist(self) -> bool:
        """Whether anyone may log in at all."""
        with reading(self._engine, "count the users") as connection:
            wanted = select(func.count()).select_from(users).where(users.c.site == self._site)
            return connection.execute(wanted).scalar_one() > 0

    def create_session(self, token: str, name: str, now_us: int, expires_at_us: int) -> None:
        """Keep a login. `token` is random, at least 128 bits; only its hash is stored.

        Raises `InputError` when the user is gone.
        """
        row = {"token_hash": _hash(token), "name": name, "made_at_us": now_us, "seen_at_us": now_us}
        try:
            with writing(self._engine, "keep a login") as connection:
                connection.execute(
                    insert(sessions).values(site=self._site, expires_at_us=expires_at_us, **row)
                )
        except IntegrityError as fault:
            raise InputError(f"user {name}: there is no such user, or the session exists already") from fault

    def find_session(self, token: str, now_us: int) -> Session | None:
        """The session of a token; None: unknown, ended or expired."""
        names = (
            sessions.c.name,
            users.c.role,
            sessions.c.made_at_us,
            sessions.c.seen_at_us,
            sessions.c.expires_at_us,
        )
        wanted = (
            select(*names)
            .join(users, (users.c.site == sessions.c.site) & (users.c.name == sessions.c.name))
            .where(
                sessions.c.site == self._site,
                sessions.c.token_hash == _hash(token),
                sessions.c.expires_at_us > now_us,
            )
        )
        with reading(self._engine, "look for a login") as connection:
            row = connection.execute(wanted).one_or_none()
        return None if row is None else Session(**row._mapping)  # noqa: SLF001 (its public name in SQLAlchemy)

    def touch_session(self, token: str, now_us: int, expires_at_us: int) -> None:
        """Note that a session is in use. Web does it at most once a minute a session, not for each request."""
        with writing(self._engine, "note a login in use") as connection:
            connection.execute(
                update(sessions)
                .where(sessions.c.site == self._site, sessions.c.token_hash == _hash(token))
                .values(seen_at_us=now_us, expires_at_us=expires_at_us)
            )

    def end_session(self, token: str) -> None:
        """Log out. An unknown token is no fault."""
        with writing(self._engine, "end a login") as connection:
            connection.execute(
                delete(sessions).where(sessions.c.site == self._site, sessions.c.token_hash == _hash(token))
            )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
