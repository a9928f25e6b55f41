"""`uvicorn --factory followup.web.asgi:app`: the service's front half."""

import gc

from fastapi import FastAPI

from followup import logs
from followup.runtime import build
from followup.web.app import create_app
from settings import SettingsError, load


def app() -> FastAPI:
    """The app as the settings of this process want it. Ends the process when they can't be used."""
    try:
        made = create_app(build(load()))
    except SettingsError as error:
        raise SystemExit(str(error)) from None
    logs.configure()
    gc.freeze()  # what is there by now stays; else it is searched for waste again with every few requests
    return made
