"""For tests of what a clinic builds on top: the real engine against a mocked Twilio (docs/testing.md)."""
