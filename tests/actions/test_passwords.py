from argon2 import PasswordHasher

from followup.actions import passwords

PASSWORD = "four words in a row"


def test_a_password_is_kept_as_rfc_9106_advises_and_only_it_matches() -> None:
    kept = passwords.hash_of(PASSWORD, email="ines@oak.example")

    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert passwords.matches(kept, PASSWORD)
    assert not passwords.matches(kept, PASSWORD.upper())
    assert not passwords.matches(None, PASSWORD)


def test_a_hash_that_took_less_work_is_outdated() -> None:
    assert passwords.is_outdated(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD))
    assert not passwords.is_outdated(passwords.hash_of(PASSWORD, email="ines@oak.example"))
