"""How settings are read: an unknown one is named with the nearest right one, at any depth, and no value is shown."""

import pytest
from pydantic import BaseModel

from adapters.settings import STRICT, read
from hub.contracts import Misconfigured


class Login(BaseModel):
    model_config = STRICT

    token_url: str = ""


class Settings(BaseModel):
    model_config = STRICT

    auth: Login | None = None
    mirrors: list[Login] = []


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"auht": "private"}, "transport 'x': unknown setting 'auht'; did you mean 'auth'?"),
        ({"auth": {"tokn_url": "private"}}, "transport 'x': unknown setting 'auth.tokn_url'; did you mean 'token_url'?"),
        ({"mirrors": [{"tokn_url": "private"}]}, "transport 'x': unknown setting 'mirrors.0.tokn_url'; did you mean 'token_url'?"),
    ],
)
def test_an_unknown_setting_is_named_with_the_nearest_at_its_depth(settings: dict[str, object], expected: str) -> None:
    with pytest.raises(Misconfigured) as raised:
        read(Settings, settings, "transport 'x'")
    assert str(raised.value).endswith(expected)
    assert "private" not in str(raised.value)
