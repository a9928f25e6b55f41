"""Who is followed more closely. Source: clinical.md §1.2 (thoracic sites), §2 (day 2), §6 (precautions)."""

from collections.abc import Collection

from followup.terms import Precaution, Region

_RISKY_REGIONS = frozenset({Region.NECK, Region.SHOULDER, Region.UPPER_BACK, Region.CHEST, Region.RIBS})
_RISKY_PRECAUTIONS = frozenset({Precaution.BLOOD_THINNER, Precaution.BLEEDING_DISORDER})

# The article that sets what we may say: dry needling should be avoided with the first three; ask first with the last.
_WARNINGS = {
    Precaution.BLEEDING_DISORDER: "Dry needling should be avoided with a bleeding disorder.",
    Precaution.SKIN_INFECTION: "Dry needling should be avoided with a skin infection.",
    Precaution.NEEDLE_PHOBIA: "Dry needling should be avoided with a severe fear of needles.",
    Precaution.PREGNANCY: "In pregnancy the patient's own healthcare provider should be asked first.",
}


def warnings(precautions: Collection[str]) -> list[str]:
    """What staff must hear when they record a session with these precautions, as sentences; none for most."""
    confirm = "A clinician should confirm that this session was right."
    return [f"{sentence} {confirm}" for precaution, sentence in _WARNINGS.items() if precaution in precautions]


def is_high_risk(*, regions: Collection[str], precautions: Collection[str], first_treatment: bool) -> bool:
    """Whether silence after this treatment session must not be taken for "fine"."""
    return bool(reasons(regions=regions, precautions=precautions, first_treatment=first_treatment))


def reasons(*, regions: Collection[str], precautions: Collection[str], first_treatment: bool) -> list[str]:
    """What makes this treatment session one of high risk, in words; nothing for most."""
    risky = [
        *(one for one in Region if one in _RISKY_REGIONS),
        *(one for one in Precaution if one in _RISKY_PRECAUTIONS),
    ]
    given = {*regions, *precautions}
    found = [one.value.replace("_", " ") for one in risky if one in given]
    return ["first treatment", *found] if first_treatment else found


def is_asked_again(precautions: Collection[str]) -> bool:
    """Whether day 2 asks once more, whatever was answered on day 1 (clinical.md §6)."""
    return Precaution.BLEEDING_DISORDER in precautions
