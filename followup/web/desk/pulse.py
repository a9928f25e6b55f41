"""What an open page asks for by itself: how much needs a person now, and what is wrong."""

from starlette.responses import HTMLResponse

from followup.web.access import StaffRouter
from followup.web.desk.frame import TheDesk

router = StaffRouter()


@router.page("/pulse")
def pulse(desk: TheDesk) -> HTMLResponse:
    """Counts and banners."""
    return desk.part("desk/pulse.html")
