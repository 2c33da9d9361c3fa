"""Why an operator does something: closed lists, one for each action. Never free text, which may hold personal data."""

from enum import StrEnum


class ReleaseReason(StrEnum):
    """What was put right."""

    CODE_LIST_CORRECTED = "code-list-corrected"
    FIELD_MAP_CORRECTED = "field-map-corrected"
    CHECK_CORRECTED = "check-corrected"
    REPORT_AMENDED = "report-amended"
    FILE_ARRIVED = "file-arrived"
    FORCE_AGREED = "force-agreed"
    OTHER_WITHDRAWN = "other-withdrawn"
    HUB_MENDED = "hub-mended"


class RerouteReason(StrEnum):
    """Why another force gets it."""

    NOT_THEIR_AREA = "not-their-area"
    FORCE_ASKED = "force-asked"
    PERSON_CHOSE_WRONG_FORCE = "person-chose-wrong-force"
    FORCE_UNKNOWN = "force-unknown"


class RedirectReason(StrEnum):
    """Why it is not a matter for a force."""

    NOT_A_POLICE_MATTER = "not-a-police-matter"
    OTHER_BODY_LEADS = "other-body-leads"
    FORCE_ASKED = "force-asked"


class WithdrawReason(StrEnum):
    """Why it is taken back."""

    PERSON_ASKED = "person-asked"
    PLATFORM_ASKED = "platform-asked"
    REPORTED_TWICE = "reported-twice"
    CONFLICT_SETTLED = "conflict-settled"
    SENT_AGAIN_BY_PLATFORM = "sent-again-by-platform"
    TEST_REPORT = "test-report"
    NOT_A_REPORT = "not-a-report"


class SettleReason(StrEnum):
    """How we know what became of it."""

    FORCE_SAID_SO = "force-said-so"
    FORCE_WROTE_SO = "force-wrote-so"
    SEEN_IN_THEIR_SYSTEM = "seen-in-their-system"


class VoidReason(StrEnum):
    """Why a sealed drop is taken back."""

    ENDPOINT_CHANGED = "endpoint-changed"
    FIELD_MAP_CORRECTED = "field-map-corrected"
    FORCE_ASKED = "force-asked"


class ReplayReason(StrEnum):
    """Why something goes once more."""

    LOST_AT_FAR_END = "lost-at-far-end"
    FIELD_MAP_CORRECTED = "field-map-corrected"
    FORCE_ASKED = "force-asked"


class PauseReason(StrEnum):
    """Why a force gets nothing for a while."""

    MAINTENANCE = "maintenance"
    FORCE_ASKED = "force-asked"
    INCIDENT = "incident"


class ResumeReason(StrEnum):
    """Why it goes on."""

    MAINTENANCE_OVER = "maintenance-over"
    FORCE_ASKED = "force-asked"
    INCIDENT_OVER = "incident-over"


class ProbeReason(StrEnum):
    """Why a far end is tried before its next probe is due."""

    FORCE_SAYS_WELL = "force-says-well"
    SETTINGS_CORRECTED = "settings-corrected"


class AmendReason(StrEnum):
    """Who said what the value should be."""

    PERSON_CORRECTED = "person-corrected"
    PLATFORM_CORRECTED = "platform-corrected"
    FORCE_CORRECTED = "force-corrected"
    EVIDENT_FROM_REPORT = "evident-from-report"


class ViewReason(StrEnum):
    """Why somebody looks at what a report says."""

    TO_CORRECT_IT = "to-correct-it"
    TO_FIND_ITS_FORCE = "to-find-its-force"
    TO_JUDGE_URGENCY = "to-judge-urgency"
    FORCE_ASKED = "force-asked"
    PLATFORM_ASKED = "platform-asked"


class HoldReason(StrEnum):
    """Why nothing of it may be erased."""

    INVESTIGATION = "investigation"
    COURT_ORDER = "court-order"
    COMPLAINT = "complaint"
    SUBJECT_ASKED = "subject-asked"


class LiftReason(StrEnum):
    """Why it may be erased again."""

    CASE_CLOSED = "case-closed"
    ORDER_ENDED = "order-ended"
    PLACED_BY_MISTAKE = "placed-by-mistake"


class ExportReason(StrEnum):
    """Why everything held about a submission is handed out."""

    SUBJECT_ASKED = "subject-asked"
    COURT_ORDER = "court-order"
    REGULATOR_ASKED = "regulator-asked"


class EraseReason(StrEnum):
    """Why it is erased before its time."""

    SUBJECT_ASKED = "subject-asked"
    CONTROLLER_ASKED = "controller-asked"
    COURT_ORDER = "court-order"
    TEST_REPORT = "test-report"


class Arrived(StrEnum):
    """What became of a report in doubt."""

    ARRIVED = "arrived"
    NOT_ARRIVED = "not-arrived"
    REFUSED = "refused"


SEND_AGAIN = "send what was delivered again"  # the words without which no delivered or accepted report leaves a second time
MAY_HAVE_ARRIVED = "although it may have arrived"  # the words without which no drop is voided that may have arrived
