"""The mail server in one variable: a typo is refused at start-up."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from ljwx import env
from ljwx.env import Mail


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("", Mail()),
        ("smtp://mail", Mail("mail", 25)),
        ("smtp://mail:2525", Mail("mail", 2525)),
        ("smtps://li%40x:p%3Aw@mail.example.com", Mail("mail.example.com", 465, "li@x", "p:w", tls=True)),
        ("smtp+starttls://li:pw@mail", Mail("mail", 587, "li", "pw", starttls=True)),
    ],
)
def test_a_url_says_all_of_it(monkeypatch: pytest.MonkeyPatch, url: str, wanted: Mail) -> None:
    monkeypatch.setenv("LJWX_EMAIL_URL", url)
    assert env.mail("LJWX_EMAIL_URL") == wanted
    assert wanted.password not in repr(wanted) or not wanted.password


@pytest.mark.parametrize("url", ["mail", "http://mail", "smtp://", "smtp:///x", "smtp://mail:0", "smtp://mail:99999"])
def test_anything_else_is_refused_without_showing_a_password(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("LJWX_EMAIL_URL", url.replace("smtp://", "smtp://li:hunter2@") if url != "smtp://" else url)
    with pytest.raises(ImproperlyConfigured, match="LJWX_EMAIL_URL must be like") as caught:
        env.mail("LJWX_EMAIL_URL")
    assert "hunter2" not in str(caught.value)
