"""Who comes in, and what is refused, over real HTTP."""

import pytest

from console.screens.doors import IDLE, TRIES
from console.screens.forms import LARGEST
from tests.console.screens.conftest import METRICS, NAME, PASSWORD, PROXY, Served

SCREENS = ("/", "/worklist", "/trace", "/checks", "/programme", "/reports/1", "/reports/1/values", "/pages/2026-11-22.html")


@pytest.mark.parametrize("path", [*SCREENS, "/nowhere"])
def test_nothing_is_shown_to_who_is_not_in(served: Served, path: str) -> None:
    answer = served.browser().get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")
    assert answer.text == ""


def test_who_signs_in_comes_to_where_they_wanted_and_is_out_when_they_sign_out(served: Served) -> None:
    browser = served.browser()
    asked = browser.get("/worklist?force=kent").headers["location"]
    assert asked == "/sign-in?next=/worklist%3Fforce%3Dkent"
    assert 'value="/worklist?force=kent"' in browser.get(asked).text
    answer = browser.post("/sign-in", name="alice", password=PASSWORD, next="/worklist?force=kent")
    assert answer.headers["location"] == "/worklist?force=kent"
    cookie = answer.headers["set-cookie"]
    assert all(word in cookie for word in ("HttpOnly", "SameSite=strict", "Path=/"))
    assert browser.follows(answer).status_code == 200
    assert browser.sends("/worklist", "/sign-out").headers["location"] == "/sign-in"
    assert browser.get("/worklist").status_code == 303


@pytest.mark.parametrize("elsewhere", ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", ""])
def test_nobody_is_sent_on_to_another_site(served: Served, elsewhere: str) -> None:
    answer = served.browser().post("/sign-in", name="alice", password=PASSWORD, next=elsewhere)
    assert answer.headers["location"] == "/"


def test_wrong_passwords_are_refused_in_a_sentence_and_soon_not_looked_at(served: Served) -> None:
    browser = served.browser()
    for _ in range(TRIES):
        answer = browser.post("/sign-in", name="alice", password="wrong")
        assert (answer.status_code, "The name or the password is not right." in answer.text) == (403, True)
        assert "wrong" not in answer.text.replace('class="wrong"', "").replace("wrong-title", "").split("<main", 1)[1]
    answer = browser.post("/sign-in", name="alice", password=PASSWORD)
    assert (answer.status_code, "Too many wrong passwords. Try again in 16 minutes." in answer.text) == (429, True)
    served.clockwork.now += 15 * 60
    assert browser.post("/sign-in", name="alice", password=PASSWORD).status_code == 303


def test_a_session_that_was_left_alone_is_over(served: Served) -> None:
    browser = served.signed_in()
    token = browser.token("/worklist")
    served.clockwork.now += IDLE
    assert browser.get("/").status_code == 303
    answer = browser.post("/reports/1/release", token=token, reason="force-agreed")
    assert (answer.status_code, "You are signed out" in answer.text) == (401, True)


def test_a_change_needs_a_form_of_this_session_and_of_this_site(served: Served) -> None:
    browser, other = served.signed_in(), served.signed_in()
    for token in ("", "guessed", other.token("/worklist")):
        answer = browser.post("/reports/1/view", token=token, reason="to-correct-it")
        assert (answer.status_code, "This form is too old" in answer.text) == (403, True)
    mine = browser.token("/worklist")
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = browser.client.post("/reports/1/view", data={"token": mine, "reason": "to-correct-it"}, headers=headers)
        assert (answer.status_code, "sent by another site" in answer.text) == (403, True)
    own = {"Origin": served.url, "Sec-Fetch-Site": "same-origin"}
    assert browser.client.post("/reports/1/view", data={"token": mine, "reason": "to-correct-it"}, headers=own).status_code == 303


def test_another_name_for_this_machine_is_not_answered(served: Served) -> None:
    answer = served.browser(Host="evil.example").get("/sign-in")
    assert (answer.status_code, "not reached by that name" in answer.text) == (400, True)


def test_a_proxys_name_counts_only_with_its_secret(served: Served) -> None:
    for told in ({}, {"X-Hub-Proxy": "guessed"}, {"X-Hub-Proxy": ""}):
        assert served.browser(**{"X-Forwarded-User": "bob"}, **told).get("/").status_code == 303
    behind = served.browser(**{"X-Forwarded-User": "bob", "X-Hub-Proxy": PROXY})
    assert "bob (proxy)" in behind.get("/worklist").text
    assert behind.sends("/reports/1", "/reports/1/view", reason="to-correct-it").status_code == 303
    assert "bob (proxy)" in behind.get("/reports/1").text
    behind.client.headers["X-Forwarded-User"] = "carol"
    assert "carol (proxy)" in behind.get("/worklist").text
    assert served.browser(**{"X-Forwarded-User": "a b<script>", "X-Hub-Proxy": PROXY}).get("/").status_code == 303


def test_every_answer_has_a_strict_policy_and_is_kept_nowhere(served: Served) -> None:
    browser = served.signed_in()
    for path in (*SCREENS, "/nowhere", "/reports/9999", "/sign-in", "/metrics"):
        headers = browser.get(path).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src-elem 'sha256-")
        assert all(part in policy for part in ("form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"))
        assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")
        assert "script-src" not in policy


def test_what_is_no_form_and_what_is_not_there_is_said_in_a_sentence(served: Served) -> None:
    browser = served.signed_in()
    for path in ("/nowhere", "/reports/9999", "/pages/2026-13-01.html", "/pages/2026-11-22/atlantis.html", "/checks/soon"):
        answer = browser.get(path)
        assert (answer.status_code, "There is no such page" in answer.text) == (404, True)
    token = browser.token("/worklist")
    assert browser.client.post("/worklist/take", content=b"token=" + token.encode() + b"&x=%ff").status_code == 400
    assert browser.client.post("/worklist/take", content=b"x=" + b"a" * LARGEST).status_code == 413
    assert browser.client.put("/worklist", content=b"").status_code == 405
    assert browser.client.post("/worklist", data={"token": token}).status_code == 405


def test_no_value_of_a_report_is_on_a_screen_that_nobody_gave_a_reason_for(served: Served) -> None:
    browser = served.signed_in()
    for path in (*SCREENS, f"/trace?q={served.reference}", "/metrics"):
        assert NAME not in browser.client.get(path, follow_redirects=True, headers={"Authorization": f"Bearer {METRICS}"}).text


def test_metrics_want_their_token_and_no_session(served: Served) -> None:
    browser = served.browser()
    assert browser.get("/metrics").status_code == 401
    assert browser.client.get("/metrics", headers={"Authorization": "Bearer guessed"}).status_code == 401
    answer = browser.client.get("/metrics", headers={"Authorization": f"Bearer {METRICS}"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert browser.get("/well").text == "well\n"
