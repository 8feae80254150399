"""Tag formats: what an RFID label says, in five formats. Pure, standard library only (epcpy for GS1), usable alone.

>>> from shelfwire.tags import decode
>>> decode("1703000398130803F4040000", 0x3400).primary_item_id
'32103179'
"""

from shelfwire.tags.decoder import Decoder, decode
from shelfwire.tags.errors import TagError
from shelfwire.tags.key import tag_key
from shelfwire.tags.tag import Element, Tag

__all__ = ["Decoder", "Element", "Tag", "TagError", "decode", "tag_key"]
