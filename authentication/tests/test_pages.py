"""The page that explains how an account is erased."""

from __future__ import annotations

import re

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db

PAGE = "/account/deletion"


def test_anybody_may_read_it_and_nothing_is_asked_or_set():
    answer = Client().get(PAGE)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "30 days" in text
    assert "whatever you entered about other people" in text
    assert not answer.cookies
    assert not re.search(r"<(script|form|img|iframe)\b", text)
    assert [link for link in re.findall(r"<link[^>]*>", text) if 'href="/static/numerai/' not in link] == []


def test_reading_it_costs_no_query(django_assert_num_queries):
    with django_assert_num_queries(0):
        Client().get(PAGE)


def test_its_style_is_the_one_that_the_policy_allows():
    answer = Client().get(PAGE)
    nonce = re.search(r'<style nonce="([^"]+)">', answer.content.decode()).group(1)
    assert f"'nonce-{nonce}'" in answer["Content-Security-Policy"]


@pytest.mark.parametrize(("address", "is_named"), [("help@numerai.test", True), ("", False)])
def test_the_support_address_is_named_where_there_is_one(settings, address, is_named):
    settings.EMAIL_SUPPORT = address
    assert ("mailto:" in Client().get(PAGE).content.decode()) is is_named


def test_the_voice_is_kept():
    words = re.sub(r"<style.*?</style>|<[^>]+>", " ", Client().get(PAGE).content.decode(), flags=re.DOTALL)
    assert "!" not in words.replace("!doctype", "")
    assert "—" not in words
    assert not re.search(r"\b(journey|energy|embrace|unlock|click here)\b", words.lower())
