"""`celery -A worker worker` and `celery -A worker beat`: the service's background half."""

from followup.runtime import build
from followup.tasks import make_celery
from settings import SettingsError, load

try:
    app = make_celery(build(load()))
except SettingsError as error:
    raise SystemExit(str(error)) from None
