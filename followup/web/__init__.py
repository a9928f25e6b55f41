"""What is reached over HTTP: hooks, patients' pages, staff pages and health."""

from followup.web.app import create_app

__all__ = ["create_app"]
