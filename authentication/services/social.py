"""Signing in with Google or Apple, and connecting and disconnecting them.

Whose account a provider's token opens:
1. It is connected to an account: that one, whatever addresses say.
2. No account has the address that the provider has verified: a new one is made, with its address proven.
3. A proven account has the address: it is connected only if the provider gives out that address itself, and the
   account has no second factor and no staff rights. Otherwise the member signs in first, and connects it there: who
   once showed a provider an address need not own it today.
4. An account that nobody has proven has the address: it is never connected. If the provider gives out the address, that
   registration is thrown away with its password and a new account is made; otherwise the code must be entered first.
   Somebody else may have registered the address, to wait inside.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from authentication import identity_tokens
from authentication.callers import Caller
from authentication.exceptions import (
    IdentityTaken,
    IdentityWithoutEmail,
    InvalidCredentials,
    InvalidIdentityToken,
    LastWayIn,
    NotVerified,
    SignInToLink,
)
from authentication.identity_tokens import Claims
from authentication.models import Act, Identity, Provider, SpentNonce, User
from authentication.services import audit, consents, notices, second_factor
from authentication.services.passwords import confirm_identity
from authentication.services.sign_in import Challenge, enter
from authentication.tokens import TokenPair
from authentication.validators import validate_full_name
from notifications.kinds import SecurityEvent
from numerai.api.exceptions import NotFound
from numerai.crypto import blind_index
from numerai.hooks import member_changed


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What the app sends along for an account that may have to be made. Of `full_name` Apple tells apps only once."""

    accepts: Mapping[str, str]
    full_name: str
    language: str
    time_zone: str


def sign_in(
    *, provider: Provider, id_token: str, nonce: str, newcomer: Newcomer, caller: Caller, now: datetime
) -> TokenPair | Challenge:
    """Sign in by a provider's token; see the rules above. A refusal leaves the token unused.

    Raises InvalidIdentityToken, ProviderUnavailable, SocialSignInNotConfigured; IdentityWithoutEmail, SignInToLink;
    InvalidInput if an account would be made and the required documents are not accepted.
    """
    claims = identity_tokens.verify(id_token, provider=provider, nonce=nonce, now=now)
    try:
        return _sign_in(claims, newcomer=newcomer, caller=caller, now=now)
    except IntegrityError:
        # Somebody else made the same account or connection at the same moment; now it is there.
        return _sign_in(claims, newcomer=newcomer, caller=caller, now=now)


def _sign_in(claims: Claims, *, newcomer: Newcomer, caller: Caller, now: datetime) -> TokenPair | Challenge:
    linked = _find(claims)
    if linked is not None and not linked.user.is_active:
        audit.record(Act.SIGN_IN_FAILED, actor_id=None, subject_id=linked.user_id, caller=caller)
        raise InvalidCredentials
    if linked is not None and not linked.user.is_verified:
        raise NotVerified
    with transaction.atomic():
        _spend(claims, now=now)
        user = linked.user if linked else _join(claims, newcomer=newcomer, caller=caller, now=now)
        return enter(user=user, caller=caller, now=now)


def _join(claims: Claims, *, newcomer: Newcomer, caller: Caller, now: datetime) -> User:
    """Return the account that this identity belongs to from now on."""
    if not claims.email:
        raise IdentityWithoutEmail
    user = User.objects.select_for_update().filter(email=claims.email).first()
    if user is not None and user.is_verified:
        if not claims.is_authoritative or not user.is_active or user.is_staff or second_factor.is_enabled_for(user):
            raise SignInToLink
        _connect(claims, user=user, caller=caller, now=now)
        notices.queue_security_event(SecurityEvent.SIGN_IN_METHOD_ADDED, user=user, now=now, caller=caller)
        return user
    if user is not None:
        if not claims.is_authoritative or user.is_staff or user.last_login is not None:
            raise SignInToLink
        user.delete()
    return _register(claims, newcomer=newcomer, caller=caller, now=now)


def _register(claims: Claims, *, newcomer: Newcomer, caller: Caller, now: datetime) -> User:
    consents.require_accepted(newcomer.accepts, today=now.date())
    user = User(
        email=claims.email,
        is_verified=True,
        full_name=newcomer.full_name or _name_of(claims),
        language=newcomer.language,
        time_zone=newcomer.time_zone,
    )
    user.set_unusable_password()
    user.save(force_insert=True)
    consents.record_first_sign_in(user_id=user.pk, accepts=newcomer.accepts, caller=caller, now=now)
    audit.record(Act.REGISTERED, actor_id=user.pk, caller=caller)
    _connect(claims, user=user, caller=caller, now=now)
    notices.queue_welcome(user=user, now=now)
    member_changed(user_id=user.pk, fields=frozenset({"is_verified"}))
    return user


def link(
    *,
    user_id: UUID,
    session_id: UUID,
    password: str,
    provider: Provider,
    id_token: str,
    nonce: str,
    caller: Caller,
    now: datetime,
) -> Identity:
    """Connect a provider's account to a member's; connecting it again changes nothing.

    Raises WrongPassword, SignInAgain; InvalidIdentityToken and its like; IdentityTaken if it is another member's.
    """
    user = User.objects.get(pk=user_id)
    confirm_identity(user=user, session_id=session_id, password=password, now=now)
    claims = identity_tokens.verify(id_token, provider=provider, nonce=nonce, now=now)
    try:
        with transaction.atomic():
            _spend(claims, now=now)
            linked = _find(claims)
            if linked is None:
                linked = _connect(claims, user=user, caller=caller, now=now)
                notices.queue_security_event(SecurityEvent.SIGN_IN_METHOD_ADDED, user=user, now=now, caller=caller)
            if linked.user_id != user.pk:
                raise IdentityTaken
            return linked
    except IntegrityError:
        raise IdentityTaken from None


def unlink(*, user_id: UUID, identity_id: UUID, caller: Caller, now: datetime) -> None:
    """Disconnect a provider's account. Raises NotFound; LastWayIn without a password and another one.

    The account's row is locked, or two at once would each count on the other.
    """
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user_id)
        mine = Identity.objects.filter(user=user)
        if not mine.filter(pk=identity_id).exists():
            raise NotFound
        if not user.has_usable_password() and not mine.exclude(pk=identity_id).exists():
            raise LastWayIn
        mine.filter(pk=identity_id).delete()
        audit.record(Act.IDENTITY_UNLINKED, actor_id=user.pk, caller=caller)
        notices.queue_security_event(SecurityEvent.SIGN_IN_METHOD_REMOVED, user=user, now=now, caller=caller)


def _find(claims: Claims) -> Identity | None:
    found = Identity.objects.filter(provider=claims.provider, subject=_subject_of(claims))
    return found.select_related("user").first()


def _connect(claims: Claims, *, user: User, caller: Caller, now: datetime) -> Identity:
    audit.record(Act.IDENTITY_LINKED, actor_id=user.pk, caller=caller)
    return Identity.objects.create(
        user=user,
        provider=claims.provider,
        subject=_subject_of(claims),
        email=claims.email or None,
        linked_at=now,
    )


def _spend(claims: Claims, *, now: datetime) -> None:
    """Use the token up, in the transaction of what it is for: of two at once one waits here, and is refused."""
    digest = hashlib.sha256(f"{claims.provider}.{claims.nonce}".encode()).hexdigest()
    # A token may have been made a little in the future, by the provider's clock.
    expires_at = now + identity_tokens.MAX_AGE + 2 * identity_tokens.LEEWAY
    _, is_first = SpentNonce.objects.get_or_create(digest=digest, defaults={"expires_at": expires_at})
    if not is_first:
        raise InvalidIdentityToken


def _subject_of(claims: Claims) -> str:
    return blind_index(f"{claims.provider}.{claims.subject}", context="authentication.identity")


def _name_of(claims: Claims) -> str:
    """Return the name that the provider knows, if it can be one here."""
    name = claims.full_name.strip()
    try:
        User._meta.get_field("full_name").clean(name, None)
        validate_full_name(name)
    except ValidationError:
        return ""
    return name
