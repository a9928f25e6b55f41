"""Settings: sending and readiness, clinics, staff, who is on call, API keys, and the audit log."""
