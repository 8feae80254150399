"""What a library declares about its Koha. Pure."""

from __future__ import annotations

import re
from typing import Annotated, Final

import msgspec

from hub.catalog.http.options import HttpOptions
from hub.catalog.model import ItemStatus, Scheme

INTERFACE: Final = "/api/v1"

_CODE: Final = re.compile(
    r"(withdrawn|lost|notforloan|hold|location|collection|itemtype|damaged|restricted)=\S.{0,79}|due|elsewhere"
)

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class KohaOptions(HttpOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Address and pace as for all; who asks; which items; the library's own codes."""

    client_id: Name | None = None
    """Of an API key (OAuth2 client credentials); needs ``client_secret_file``."""
    client_secret_file: str | None = None
    user: Name | None = None
    """For Basic; needs ``password_file``."""
    password_file: str | None = None
    libraries: Annotated[tuple[Name, ...], msgspec.Meta(max_length=100)] = ()
    """Codes of home libraries whose items are taken; empty: all."""
    holds: bool = True
    """Whether to ask which items wait on a hold shelf. Without it they count as on their shelf."""
    page_size: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 250
    """Items a request."""
    statuses: dict[str, ItemStatus] = msgspec.field(default_factory=dict)
    """The library's codes → our statuses, before all defaults: ``"lost=9": lost``, ``"location=NEW": display``."""
    schemes: dict[str, Scheme] = msgspec.field(default_factory=dict)
    """The library's own classification sources → how such call numbers are built: ``{ours: LC}``."""

    def faults(self) -> list[str]:
        """What is wrong, in words."""
        found = super().faults()
        oauth = (self.client_id, self.client_secret_file)
        basic = (self.user, self.password_file)
        if (None in oauth) == (None in basic) or any(oauth) == any(basic):
            found.append(
                "write client_id and client_secret_file, or user and password_file: one of the two, whole"
            )
        found += [
            f'statuses: {code!r} is no code; write for example "lost=9", "notforloan=3", "location=NEW" or "due"'
            for code in self.statuses
            if not _CODE.fullmatch(code)
        ]
        return found

    def at_interface(self) -> KohaOptions:
        """With the path of the interface, where only the host is given."""
        bare = self.url.rstrip("/")
        return msgspec.structs.replace(self, url=bare + INTERFACE) if bare.count("/") == len("//") else self
