"""How soon a report must leave."""

from datetime import date, datetime, timedelta

from hub.clock import day_of
from hub.reports.model import Report
from hub.reports.services import SERVICES
from hub.words import Lane

PROSECUTION_NOTICE = timedelta(days=14)  # Road Traffic Offenders Act 1988, section 1: the notice must be served within them
NEAR = timedelta(days=4)  # so many days or fewer are left for the force to trace the keeper and serve it


def lane_of(report: Report, now: datetime) -> Lane:
    """Urgent where somebody is in danger, where the service always is, or where a legal deadline is near; else routine."""
    if SERVICES[report.service].urgent or _danger(report) or _deadline_near(report, now):
        return Lane.URGENT
    return Lane.ROUTINE


def deadline(report: Report) -> date | None:
    """The last day (in Europe/London) to announce a prosecution after a road traffic incident; None for every other report."""
    began = report.incident.occurred_from if report.incident else None
    if report.service != "road-traffic" or began is None:
        return None
    return day_of(began) + PROSECUTION_NOTICE


def _danger(report: Report) -> bool:
    now_in_danger = report.safeguarding is not None and report.safeguarding.immediate_danger is True
    return now_in_danger or (report.missing is not None and report.missing.risk == "high")


def _deadline_near(report: Report, now: datetime) -> bool:
    """A deadline that has passed is near no more: nothing is won by haste."""
    last = deadline(report)
    return last is not None and timedelta(0) <= last - day_of(now) <= NEAR
