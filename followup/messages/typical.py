"""Values of ordinary length, to count segments and to show wordings before there is a patient."""

from types import MappingProxyType

_COMMON = {
    "clinic": "Maple Clinic",
    "name": "Robert",
    "phone": "555-010-2000",
    "emergency": "911",
    "after_hours": "555-010-2999",
    "link": "https://maple.example/p/3kf9",
    "low": "0",
    "high": "10",
    "step": "2",
    "minutes": "15",
    "address": "12 Maple Street, Springfield",
    "preferences": "https://maple.example/p/7d2m1/preferences",
    "unsubscribe": "https://maple.example/p/7d2m1/unsubscribe",
}
_TIMES = {
    "en": {"hours": "Mon-Fri 8-6", "opens": "Mon 8 am", "text": "We will call you soon."},
    "es": {"hours": "lun-vie 8-6", "opens": "lun 8 am", "text": "Le llamamos pronto."},
}


def typical_values(language: str) -> MappingProxyType[str, str]:
    """One value for every placeholder, in the language given or else in English."""
    return MappingProxyType({**_COMMON, **_TIMES.get(language, _TIMES["en"])})
