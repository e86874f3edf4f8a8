"""Length that precedes each message to and from the process that renders pictures; without the library that does."""

import struct
from typing import Final

LENGTH: Final = struct.Struct(">I")
