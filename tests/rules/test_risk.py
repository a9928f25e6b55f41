import pytest

from followup.rules.risk import is_high_risk, warnings
from followup.terms import Precaution, Region

OVER_THE_LUNGS = {Region.NECK, Region.SHOULDER, Region.UPPER_BACK, Region.CHEST, Region.RIBS}
BLEEDS = {Precaution.BLOOD_THINNER, Precaution.BLEEDING_DISORDER}


@pytest.mark.parametrize("region", Region)
def test_a_place_over_the_lungs_is_followed_more_closely(region: Region) -> None:
    assert is_high_risk(regions=[region], precautions=[], first_treatment=False) == (region in OVER_THE_LUNGS)


@pytest.mark.parametrize("precaution", Precaution)
def test_a_patient_who_bleeds_easily_is_followed_more_closely(precaution: Precaution) -> None:
    assert is_high_risk(regions=["calf"], precautions=[precaution], first_treatment=False) == (precaution in BLEEDS)


def test_a_first_treatment_is_followed_more_closely() -> None:
    assert is_high_risk(regions=[], precautions=[], first_treatment=True)


def test_one_risk_among_others_is_enough_also_as_the_tables_keep_it() -> None:
    assert is_high_risk(regions=["calf", "ribs"], precautions=["diabetes"], first_treatment=False)
    assert not is_high_risk(regions=["calf", "foot"], precautions=["diabetes"], first_treatment=False)


def test_staff_are_warned_of_what_the_article_says_to_avoid_or_ask_first() -> None:
    assert {precaution for precaution in Precaution if warnings([precaution])} == {
        Precaution.BLEEDING_DISORDER,
        Precaution.SKIN_INFECTION,
        Precaution.NEEDLE_PHOBIA,
        Precaution.PREGNANCY,
    }
    assert len(warnings(list(Precaution))) == 4
    assert warnings([]) == []
