"""Who is followed more closely. Source: clinical.md §1.2 (thoracic sites), §2 (day 2), §6 (precautions)."""

from collections.abc import Collection

from followup.terms import Precaution, Region

_RISKY_REGIONS = frozenset({Region.NECK, Region.SHOULDER, Region.UPPER_BACK, Region.CHEST, Region.RIBS})
_RISKY_PRECAUTIONS = frozenset({Precaution.BLOOD_THINNER, Precaution.BLEEDING_DISORDER})


def is_high_risk(*, regions: Collection[str], precautions: Collection[str], first_treatment: bool) -> bool:
    """Whether silence after this treatment session must not be taken for "fine"."""
    return first_treatment or not _RISKY_REGIONS.isdisjoint(regions) or not _RISKY_PRECAUTIONS.isdisjoint(precautions)
