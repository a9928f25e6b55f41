"""Practice only: a patient's phone and mailbox beside the desk, the clock, and faults to order."""
