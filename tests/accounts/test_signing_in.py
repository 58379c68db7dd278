"""Signing in by page: passwords, wrong tries, the second step, where people land."""

import re
import time
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.accounts import flows, passwords, queries, second_factor, services
from marketplace.accounts.models import SignInTry, User
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.roles import Role
from tests.factories.accounts import GrantFactory
from tests.signing_in import post_form

NOON = datetime(2026, 11, 21, 5, tzinfo=UTC)
PASSWORD = "con trâu đi trước cái cày"
PHONE = "0912 345 678"


@pytest.fixture
def lan(app: Flask) -> int:
    """A buyer with a password; her id."""
    with app.app_context():
        assert flows.register(name="Nguyễn Thị Lan", password=PASSWORD, phone="+84912345678", email="lan@example.test")
        return db.session.query(User.id).scalar()


@pytest.fixture
def officer_secret(app: Flask, lan: int) -> str:
    """Lan becomes an operator with an authenticator app; the app's secret."""
    secret = second_factor.new_secret()
    with app.app_context(), transaction():
        GrantFactory(user=db.session.get_one(User, lan), role=Role.OPERATOR)
        services.enable_totp(lan, secret=secret, step=0)
    return secret


def _sign_in(client: FlaskClient, name: str = PHONE, password: str = PASSWORD, **more: str) -> tuple[int, str]:
    answer = post_form(client, "/sign-in", {"identifier": name, "password": password, **more})
    return answer.status_code, answer.headers.get("Location", "")


def _cookie_token(client: FlaskClient) -> str | None:
    with client.session_transaction() as session:
        return session.get("_user_id")


@pytest.mark.parametrize(
    "name", ["0912345678", "+84 912 345 678", "84912345678", "lan@example.test", "LAN@Example.test "]
)
def test_phone_in_any_writing_or_address_lets_in(client: FlaskClient, lan: int, name: str) -> None:
    assert _sign_in(client, name) == (303, "/")
    assert client.get("/account").status_code == 200


def test_a_phone_that_sends_letters_and_marks_apart_lets_in(client: FlaskClient, lan: int) -> None:
    import unicodedata

    assert _sign_in(client, password=unicodedata.normalize("NFD", PASSWORD)) == (303, "/")


def test_a_wrong_password_and_an_unknown_account_get_the_same_answer(client: FlaskClient, lan: int) -> None:
    def answer(name: str) -> tuple[int, str]:
        response = post_form(client, "/sign-in", {"identifier": name, "password": "sai mật khẩu rồi"})
        text = response.text.replace(name, "NAME")
        text = re.sub(r'name="csrf_token"[^>]*value="[^"]*"', "", text)
        return response.status_code, text

    assert answer("0912345678") == answer("0987654321")
    assert answer("0912345678")[0] == 422


def test_an_unknown_account_costs_a_hash_too(app: Flask, lan: int) -> None:
    def seconds(name: str) -> float:
        with app.app_context():
            began = time.perf_counter()
            with pytest.raises(Exception, match="sign_in_wrong"):
                flows.prove_password(name, "sai mật khẩu rồi", address=name)
            return time.perf_counter() - began

    known, unknown = (sorted(seconds(name) for _ in range(3))[1] for name in (PHONE, "0987654321"))
    assert unknown > known / 3


def test_the_password_is_never_in_the_answer(client: FlaskClient, lan: int) -> None:
    answer = post_form(client, "/sign-in", {"identifier": PHONE, "password": "sai-mat-khau-roi"})
    assert "sai-mat-khau-roi" not in answer.text


def test_the_fifth_wrong_try_makes_the_next_wait_and_waits_grow(client: FlaskClient, lan: int) -> None:
    with clock.frozen(NOON):
        for _ in range(5):
            assert _sign_in(client, password="sai mật khẩu")[0] == 422
        answer = post_form(client, "/sign-in", {"identifier": PHONE, "password": PASSWORD})
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "6")
    with clock.frozen(NOON + timedelta(seconds=6)):
        assert _sign_in(client, password="sai mật khẩu")[0] == 422
        answer = post_form(client, "/sign-in", {"identifier": PHONE, "password": PASSWORD})
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "11")
    with clock.frozen(NOON + timedelta(seconds=17)):
        assert _sign_in(client) == (303, "/")


def test_a_stranger_elsewhere_does_not_lock_the_owner_out(app: Flask, client: FlaskClient, lan: int) -> None:
    stranger = app.test_client()
    stranger.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    statuses = [_sign_in(stranger, password="sai mật khẩu")[0] for _ in range(8)]
    assert statuses == [422] * 5 + [429] * 3
    assert _sign_in(client) == (303, "/")


def test_forwarded_headers_do_not_give_a_new_address(client: FlaskClient, lan: int) -> None:
    statuses = []
    for number in range(7):
        client.environ_base["HTTP_X_FORWARDED_FOR"] = f"198.51.100.{number}"
        statuses.append(_sign_in(client, password="sai mật khẩu")[0])
    assert statuses == [422] * 5 + [429] * 2


def test_the_right_password_forgives_wrong_tries(app: Flask, client: FlaskClient, lan: int) -> None:
    for _ in range(4):
        _sign_in(client, password="sai mật khẩu")
    assert _sign_in(client) == (303, "/")
    with app.app_context():
        assert db.session.query(SignInTry).count() == 0


def test_tries_hold_no_name(app: Flask, client: FlaskClient, lan: int) -> None:
    _sign_in(client, password="sai mật khẩu")
    with app.app_context():
        assert re.fullmatch(r"[0-9a-f]{64}", db.session.query(SignInTry.identifier_hash).scalar())


def test_signing_in_makes_a_new_session_and_kills_the_one_before(app: Flask, client: FlaskClient, lan: int) -> None:
    _sign_in(client)
    first = _cookie_token(client)
    _sign_in(client)
    assert _cookie_token(client) != first
    with app.app_context():
        assert first is not None
        assert queries.find_person_by_session(first) is None


def test_a_sign_in_without_forgery_token_is_refused(client: FlaskClient, lan: int) -> None:
    assert client.post("/sign-in", data={"identifier": PHONE, "password": PASSWORD}).status_code == 400
    assert _cookie_token(client) is None


def test_a_hash_of_older_cost_is_renewed(app: Flask, client: FlaskClient, lan: int) -> None:
    from argon2 import PasswordHasher

    old = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(PASSWORD)
    with app.app_context(), transaction():
        db.session.query(User).update({"password_hash": old})
    assert _sign_in(client) == (303, "/")
    with app.app_context():
        stored = db.session.query(User.password_hash).scalar()
        assert stored != old
        assert not passwords.needs_new_hash(stored)


# -- where people land ---------------------------------------------------------------------------------------------

LEAVING = [
    "https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "///evil.example",
    "/\t/evil.example", "https:evil.example", "https:/evil.example", "https:///evil.example", " https://evil.example",
    "http://shop.test.evil.example/", "javascript:alert(1)", "%0d%0aSet-Cookie:%20a=b", "。。//evil.example",
    "/..//evil.example", "/a//evil.example", "/a\r\nSet-Cookie: a=b", "data:text/html,x", "?next=//evil.example",
    "x" * 3000,
]  # fmt: skip
STAYING = ["/cart", "/products?q=cam%20s%C3%A0nh", "/;@evil.example", "/login?next=https://evil.example", "/t/ABC"]


@pytest.mark.parametrize("target", LEAVING)
def test_next_never_leaves_the_site(client: FlaskClient, lan: int, target: str) -> None:
    assert _sign_in(client, next=target) == (303, "/")
    assert client.get("/sign-in", query_string={"next": target}).headers["Location"] == "/account"


@pytest.mark.parametrize("target", STAYING)
def test_next_leads_to_a_path_of_this_site(client: FlaskClient, lan: int, target: str) -> None:
    assert _sign_in(client, next=target) == (303, target)


def test_who_works_here_lands_on_the_desk(app: Flask, client: FlaskClient, lan: int) -> None:
    assert _sign_in(client) == (303, "/")
    with app.app_context(), transaction():
        services.grant_role(lan, Role.VENDOR, subject_id=7, actor_id=None)
    assert _sign_in(app.test_client()) == (303, "/desk")
    assert _sign_in(app.test_client(), next="/cart") == (303, "/cart")


def test_a_guest_is_led_back_to_the_page_asked_for(client: FlaskClient, lan: int) -> None:
    location = client.get("/account?x=1").headers["Location"]
    assert location == "/sign-in?next=/account?x%3D1"
    assert 'value="/account?x=1"' in client.get(location).text


# -- the second step -----------------------------------------------------------------------------------------------


def _code(secret: str, after: int | None = None) -> str:
    found = second_factor.next_code(secret, clock.now(), after=after)
    assert found is not None
    return found


def test_a_code_opens_the_session_and_works_once(app: Flask, client: FlaskClient, officer_secret: str) -> None:
    with clock.frozen(NOON):
        assert _sign_in(client, next="/people") == (303, "/sign-in/code?next=/people")
        assert client.get("/people").status_code == 303
        code = _code(officer_secret)
        answer = post_form(client, "/sign-in/code", {"code": code[:3] + " " + code[3:], "next": "/people"})
        assert (answer.status_code, answer.headers["Location"]) == (303, "/people")
        assert client.get("/people").status_code == 200
        other = app.test_client()
        _sign_in(other)
        assert post_form(other, "/sign-in/code", {"code": code}).status_code == 422
        assert other.get("/people").status_code == 303


def test_codes_cannot_be_guessed(client: FlaskClient, officer_secret: str) -> None:
    with clock.frozen(NOON):
        _sign_in(client)
        statuses = [post_form(client, "/sign-in/code", {"code": f"00000{n}"}).status_code for n in range(7)]
    assert statuses == [422] * 5 + [429] * 2


def test_the_second_step_ends_after_five_minutes(client: FlaskClient, officer_secret: str) -> None:
    with clock.frozen(NOON):
        _sign_in(client)
    with clock.frozen(NOON + timedelta(minutes=5)):
        answer = post_form(client, "/sign-in/code", {"code": _code(officer_secret)})
    assert answer.headers["Location"] == "/sign-in"


def test_the_code_is_shown_for_invented_people_on_a_demonstration_only(
    app: Flask, client: FlaskClient, officer_secret: str
) -> None:
    _sign_in(client)
    assert "demo-code" not in client.get("/sign-in/code").text
    with app.app_context(), transaction():
        db.session.query(User).update({"is_illustrative": True})
    code = re.search(r'id="demo-code">(\d{6})<', client.get("/sign-in/code").text)
    assert code is not None
    app.config["SHOW_DEMO_LOGINS"] = False
    try:
        assert "demo-code" not in client.get("/sign-in/code").text
    finally:
        app.config["SHOW_DEMO_LOGINS"] = True
    assert post_form(client, "/sign-in/code", {"code": code[1]}).status_code == 303


def test_an_operator_made_by_command_changes_the_password_and_connects_an_app(app: Flask, client: FlaskClient) -> None:
    made = app.test_cli_runner().invoke(
        args=["accounts", "create", "--role", "operator", "--name", "Trần Minh", "--phone", PHONE]
    )
    password = made.output.rsplit(" ", 1)[1].strip()
    assert _sign_in(client, password=password) == (303, "/account/password")
    assert client.get("/people").status_code == 403
    answer = post_form(client, "/account/password", {"old_password": password, "password": PASSWORD})
    assert answer.headers["Location"] == "/account/second-factor"
    assert client.get("/people").status_code == 403
    shown = re.search(r"<code>([A-Z2-7 ]+)</code>", client.get("/account/second-factor").text)
    assert shown is not None
    code = _code(shown[1].replace(" ", ""))
    form = {"old_password": PASSWORD, "code": code}
    assert post_form(client, "/account/second-factor", form).headers["Location"] == "/account"
    assert client.get("/people").status_code == 200


# -- signing up ----------------------------------------------------------------------------------------------------

NEW = {"name": "Trần Văn Bình", "phone": "0987 654 321", "email": "", "password": "mưa rơi trên mái lá"}


def test_a_buyer_registers_and_signs_in(app: Flask, client: FlaskClient) -> None:
    answer = post_form(client, "/sign-up", NEW)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")
    assert _sign_in(client, "0987654321", NEW["password"]) == (303, "/")
    with app.app_context():
        assert db.session.query(User.phone, User.email).one() == ("+84987654321", None)


def test_registering_a_known_phone_answers_alike_and_changes_nothing(app: Flask, client: FlaskClient, lan: int) -> None:
    answer = post_form(client, "/sign-up", {**NEW, "phone": PHONE})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")
    with app.app_context():
        assert db.session.query(User.name).one() == ("Nguyễn Thị Lan",)
    assert _sign_in(client, PHONE, NEW["password"])[0] == 422


@pytest.mark.parametrize(
    "weak",
    [
        "matkhau123", "12345678", "0987654321", "ocop2026ocop", "ngắn quá", "aaaaaaaaaaaa", "P@ssw0rd2026",
        "TranVanBinh1", "iloveyou2026", "angiang2026", "mậtkhẩu12345", "qwertyuiop123", "x" * 1025, "1234567890123",
    ],
)  # fmt: skip
def test_a_weak_password_is_refused(app: Flask, client: FlaskClient, weak: str) -> None:
    answer = post_form(client, "/sign-up", {**NEW, "password": weak})
    assert answer.status_code == 422
    with app.app_context():
        assert db.session.query(User).count() == 0


@pytest.mark.parametrize(
    "good", ["correct horse battery staple 🦄", "a" * 64 + "KhácKhác", "kho báu sau vườn", "tr0ng-cay_gi"]
)
def test_a_long_or_unusual_password_is_welcome(good: str) -> None:
    passwords.check_strength(good, own=("Trần Văn Bình", "+84987654321"))


def test_no_letter_of_a_long_password_is_cut() -> None:
    long = "a" * 127
    stored = passwords.hash_password(long + "b")
    assert passwords.matches(stored, long + "b")
    assert not passwords.matches(stored, long + "c")


def test_at_most_two_passwords_are_hashed_at_once_and_twenty_wait() -> None:
    held = [passwords._queue.acquire(blocking=False) for _ in range(20)]
    try:
        assert all(held)
        with pytest.raises(Exception, match="sign_in_busy"):
            passwords.hash_password("bất kỳ câu nào")
    finally:
        for _ in held:
            passwords._queue.release()
    assert passwords.hash_password("bất kỳ câu nào")
