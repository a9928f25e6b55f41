"""A Twilio account and a mailbox on loopback, with faults to order. They know nothing of the rest of the service."""

from followup.emulators.account import DEFAULT_ACCOUNT, TwilioAccount
from followup.emulators.background import Emulators
from followup.emulators.carrier import Receipts
from followup.emulators.server import run

__all__ = ["DEFAULT_ACCOUNT", "Emulators", "Receipts", "TwilioAccount", "run"]
