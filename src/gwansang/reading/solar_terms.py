"""The 24 solar terms (二十四節氣) of a civil day in Korea, from the longitude of the sun.

The longitude is the low-precision formula of the Astronomical Almanac, true to 0.01 degrees between 1950 and 2050: some
15 minutes of a term's beginning.
"""

import math
from datetime import date

TERMS = (
    *("chunbun", "cheongmyeong", "gogu", "ipha", "soman", "mangjong", "haji", "soseo", "daeseo", "ipchu", "cheoseo"),
    *("baengno", "chubun", "hallo", "sanggang", "ipdong", "soseol", "daeseol", "dongji", "sohan", "daehan", "ipchun"),
    *("usu", "gyeongchip"),
)
"""From the spring equinox on: the longitude of the sun in steps of 15 degrees."""
_J2000 = date(2000, 1, 1).toordinal() + 0.5
_KOREA = 9 / 24  # of a day ahead of universal time


def solar_longitude(days: float) -> float:
    """Return the apparent longitude of the sun in degrees, 0-360; days: of universal time after noon of 2000-01-01."""
    mean = 280.460 + 0.9856474 * days
    anomaly = math.radians(357.528 + 0.9856003 * days)
    return (mean + 1.915 * math.sin(anomaly) + 0.020 * math.sin(2 * anomaly)) % 360.0


def solar_term(day: date) -> str:
    """Return the solar term in which a civil day in Korea ends."""
    midnight = day.toordinal() + 1 - _KOREA - _J2000
    return TERMS[int(solar_longitude(midnight) // 15.0)]
