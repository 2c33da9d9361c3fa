from collections.abc import Iterator

import pytest

from adapters.outcomes.rest import RestPlatform
from hub.contracts import DeliveryError, Misconfigured, Refused, Unavailable, Uncertain
from tests.conformance.platforms import notice
from tests.servers.endpoint import Endpoint, Scripted, digest_of


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint.start() as running:
        yield running


def test_a_notice_is_one_post_with_its_key_and_digest(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLATFORM_KEY", "s3cret")
    platform = RestPlatform(
        {"url": endpoint.url, "api_key": "env:PLATFORM_KEY", "headers": {"X-Client": "hub"}, "timeouts": {"answer": "5"}}
    )
    platform.tell(notice(1))
    platform.close()
    (request,) = endpoint.requests
    assert (request.method, request.body) == ("POST", notice(1).body)
    expected = {
        "idempotency-key": notice(1).key,
        "content-digest": digest_of(notice(1).body),
        "content-type": "application/x-ndjson",
        "x-api-key": "s3cret",
        "x-client": "hub",
    }
    assert expected.items() <= request.headers.items()


@pytest.mark.parametrize("status", [200, 201, 202, 204, 409])
def test_these_answers_say_that_the_platform_has_it(endpoint: Endpoint, status: int) -> None:
    endpoint.script.append(Scripted(status))
    RestPlatform({"url": endpoint.url}).tell(notice(1))
    assert len(endpoint.requests) == 1


@pytest.mark.parametrize(
    ("answer", "error", "code"),
    [
        (Scripted(422, body=b'{"errors": [{"code": "bad-line"}]}'), Refused, "bad-line"),
        (Scripted(413), Refused, "http-413"),
        (Scripted(503, {"Retry-After": "5"}), Unavailable, "http-503"),
        (Scripted(500), Uncertain, "http-500"),
        (Scripted(206), Uncertain, "http-206"),
        (Scripted(cut=True, takes=True), Uncertain, "connection-lost"),
        (Scripted(401), Misconfigured, "http-401"),
        (Scripted(404), Misconfigured, "http-404"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_any_other_says_what_to_do(
    endpoint: Endpoint, answer: Scripted, error: type[DeliveryError] | type[Misconfigured], code: str
) -> None:
    endpoint.script.append(answer)
    with pytest.raises(error) as raised:
        RestPlatform({"url": endpoint.url}).tell(notice(1))
    problem = raised.value
    assert isinstance(problem, DeliveryError | Misconfigured)
    assert problem.code == code


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"url": "http://platform.example/outcomes"}, "only https:// may leave this machine"),
        ({"url": "https://platform.example/outcomes", "api_key": "s3cret"}, "write a reference to the secret"),
        ({"url": "https://platform.example/outcomes", "client_key": "key.pem"}, "client_certificate and client_key belong together"),
        ({"url": "https://platform.example/outcomes", "acknowledgements": "x"}, "unknown setting 'acknowledgements'"),
    ],
)
def test_wrong_settings_are_named_and_no_secret_shown(settings: dict[str, str], message: str) -> None:
    with pytest.raises(Misconfigured, match=message) as error:
        RestPlatform(settings)
    assert "s3cret" not in str(error.value)
