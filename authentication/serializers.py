"""What the account endpoints take and give. Rules live in the services."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from authentication.addresses import InvalidPhone, normalize_email, normalize_phone
from authentication.identity_tokens import MAX_TOKEN_LENGTH as MAX_IDENTITY_TOKEN_LENGTH
from authentication.models import AccountDeletion, ApiKey, Consent, ExportState, Identity, Session, User
from authentication.scopes import Scope
from authentication.services.api_keys import LONGEST_OVERLAP
from authentication.services.second_factor import Setup
from authentication.tokens import MAX_TOKEN_LENGTH
from authentication.validators import (
    NAME_MAX_LENGTH,
    PASSWORD_MAX_LENGTH,
    validate_full_name,
    validate_language,
    validate_time_zone,
)
from numerai.api.fields import ChoiceField, StrictSerializer, SwitchField, TextField, WholeNumberField


class AddressField(serializers.EmailField):
    """An e-mail address, in the form in which it is stored."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=254, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return normalize_email(data)


class PasswordField(TextField):
    """A password: taken as it is, spaces included."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=PASSWORD_MAX_LENGTH, trim_whitespace=False, write_only=True, **kwargs)


class DigitsField(serializers.RegexField):
    """A one-time code of six digits."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(r"\A[0-9]{6}\Z", error_messages={"invalid": "Takes the six digits of the code."}, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class FactorCodeField(TextField):
    """Six digits of an authenticator, or a recovery code."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_length=6, max_length=20, **kwargs)


class AcceptsField(serializers.DictField):
    """The required documents that a person has agreed to, each by its version."""

    child = TextField(max_length=10)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(help_text='By name and version: {"terms": "2026-01-01"}; see auth/documents.', **kwargs)


class NewcomerFields(StrictSerializer):
    """What may be told of oneself when an account is made."""

    full_name = TextField(max_length=NAME_MAX_LENGTH, default="", allow_blank=True, validators=[validate_full_name])
    language = TextField(max_length=16, default="en", validators=[validate_language], help_text="Such as en or pt-BR.")
    time_zone = TextField(
        max_length=64, default="UTC", validators=[validate_time_zone], help_text="Such as Europe/Berlin."
    )


class RegisterInput(NewcomerFields):
    email = AddressField()
    password = PasswordField(help_text="8 to 128 characters; not common, not only digits, not like your own data.")
    accepts = AcceptsField()


class AddressInput(StrictSerializer):
    email = AddressField()


class VerifyInput(StrictSerializer):
    email = AddressField()
    code = DigitsField()


class SignInInput(StrictSerializer):
    email = AddressField()
    password = PasswordField()


class SecondFactorSignInInput(StrictSerializer):
    challenge = TextField(max_length=500)
    code = FactorCodeField()


class RefreshInput(StrictSerializer):
    refresh_token = TextField(max_length=MAX_TOKEN_LENGTH)


class ResetPasswordInput(StrictSerializer):
    email = AddressField()
    code = DigitsField()
    new_password = PasswordField()


class ChangePasswordInput(StrictSerializer):
    current_password = PasswordField()
    new_password = PasswordField()


class ConfirmedInput(StrictSerializer):
    """What takes a proof that it is the member: the password, or a fresh sign-in of an account that has none."""

    password = PasswordField(
        default="", allow_blank=True, help_text="Left out by accounts without one, within ten minutes of signing in."
    )


class ChangeEmailInput(ConfirmedInput):
    new_email = AddressField()


class CodeInput(StrictSerializer):
    code = DigitsField()


class ConfirmedByCodeInput(ConfirmedInput):
    code = FactorCodeField()


class PhoneInput(StrictSerializer):
    phone = TextField(max_length=40, help_text="With the country code, such as +49 30 1234567.")
    region = TextField(
        required=False, min_length=2, max_length=2, help_text="For a number without country code: DE, NP."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        try:
            return {"phone": normalize_phone(attrs["phone"], region=attrs.get("region"))}
        except InvalidPhone as error:
            raise serializers.ValidationError({"phone": [str(error)]}) from None


class IdentityTokenFields(StrictSerializer):
    id_token = TextField(max_length=MAX_IDENTITY_TOKEN_LENGTH, help_text="As the provider gave it.")
    nonce = TextField(
        min_length=16,
        max_length=255,
        help_text="The random text that you made for this token. The token holds it, or the hex of its sha256.",
    )


class SocialSignInInput(IdentityTokenFields, NewcomerFields):
    """A provider's token, and what an account needs that may have to be made."""

    accepts = AcceptsField(default=dict)


class LinkInput(IdentityTokenFields, ConfirmedInput):
    """A provider's token, and what confirms that the member is asking."""


class ApiKeyInput(ConfirmedInput):
    name = TextField(max_length=60, help_text="What you call it; for yourself.")
    scopes = serializers.ListField(child=ChoiceField(choices=Scope.choices), min_length=1, max_length=len(Scope))


class RotateApiKeyInput(ConfirmedInput):
    overlap_hours = WholeNumberField(
        min_value=0,
        max_value=int(LONGEST_OVERLAP.total_seconds() // 3600),
        default=24,
        help_text="How long the old key is still good.",
    )


class AccountOutput(serializers.ModelSerializer[User]):
    """A member's own account."""

    is_premium = serializers.BooleanField(read_only=True)
    phone = serializers.CharField(read_only=True, allow_null=True)

    class Meta:
        model = User
        fields = [
            "id", "email", "is_verified", "full_name", "phone", "language", "time_zone", "is_premium", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class ConsentInput(StrictSerializer):
    document = TextField(max_length=40)
    version = TextField(required=False, max_length=10, help_text="The version that was read; not to take back.")
    is_given = SwitchField(default=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["is_given"] and "version" not in attrs:
            raise serializers.ValidationError({"version": ["Name the version that was read."]})
        return attrs


class DocumentOutput(serializers.Serializer[Any]):
    name = serializers.CharField()
    version = serializers.CharField(help_text="The day from which it counts.")
    title = serializers.CharField()
    is_required = serializers.BooleanField(help_text="Whether no account is opened without it.")
    text = serializers.CharField(help_text="As Markdown.")


class StandingConsentOutput(serializers.ModelSerializer[Consent]):
    class Meta:
        model = Consent
        fields = ["version", "way", "given_at"]


class ConsentOutput(serializers.Serializer[Any]):
    """A document as it counts today, and the newest consent that a member gave to it in any version."""

    document = DocumentOutput()
    is_given = serializers.BooleanField(help_text="Whether the current version was agreed to.")
    consent = StandingConsentOutput(allow_null=True)


class ExportOutput(serializers.Serializer[Any]):
    """A copy of a member's data."""

    OF_ROW = ("state", "asked_at", "made_at", "expires_at", "size")

    state = serializers.ChoiceField(choices=ExportState.choices)
    asked_at = serializers.DateTimeField()
    made_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    size = serializers.IntegerField(allow_null=True, help_text="Bytes.")
    url = serializers.URLField(allow_null=True, help_text="Opens it, for whoever holds it, until expires_at.")


class DeletionInput(StrictSerializer):
    password = PasswordField(required=False, help_text="Not for an account that has none: sign in again first.")


class DeletionOutput(serializers.ModelSerializer[AccountDeletion]):
    class Meta:
        model = AccountDeletion
        fields = ["asked_at", "erase_at"]
        read_only_fields = fields


class CodeSentOutput(serializers.Serializer[Any]):
    """The same whoever asks: whether a mail was sent is told by the mail."""

    resend_after = serializers.IntegerField(help_text="In how many seconds another code may be asked for.")


class VerifiedOutput(serializers.Serializer[Any]):
    is_verified = serializers.BooleanField()
    password_needed = serializers.BooleanField(help_text="Set a password by forgot-password before you sign in.")


class TokenPairOutput(serializers.Serializer[Any]):
    access_token = serializers.CharField()
    refresh_token = serializers.CharField()
    token_type = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds until the access token ends.")
    session_id = serializers.UUIDField()


class ChallengeOutput(serializers.Serializer[Any]):
    """The account has a second factor: send the challenge with a code to login/second-factor."""

    challenge = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds until the challenge ends.")


class SessionOutput(serializers.ModelSerializer[Session]):
    is_current = serializers.BooleanField()
    place = serializers.CharField(help_text='Region and country, such as "Bavaria, Germany"; empty where not known.')

    class Meta:
        model = Session
        fields = ["id", "device", "place", "created_at", "last_seen_at", "expires_at", "is_current"]


class EndedOutput(serializers.Serializer[Any]):
    ended = serializers.IntegerField(help_text="How many sessions ended.")


class SecondFactorOutput(serializers.Serializer[Any]):
    is_enabled = serializers.BooleanField()
    recovery_codes_left = serializers.IntegerField()


class SetupOutput(serializers.Serializer[Setup]):
    secret = serializers.CharField(help_text="For typing into an authenticator app.")
    otpauth_uri = serializers.CharField(help_text="The same as the content of a QR code.")


class RecoveryCodesOutput(serializers.Serializer[Any]):
    recovery_codes = serializers.ListField(child=serializers.CharField(), help_text="Shown this once.")


class ApiKeyOutput(serializers.ModelSerializer[ApiKey]):
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=Scope.choices))
    requests_30_days = serializers.IntegerField(help_text="Written down once a minute.")
    last_used_on = serializers.DateField(allow_null=True)

    class Meta:
        model = ApiKey
        fields = [
            "id", "name", "prefix", "scopes", "requests_per_minute", "requests_30_days", "last_used_on",
            "created_at", "rotated_at", "previous_until",
        ]  # fmt: skip


class NewApiKeyOutput(ApiKeyOutput):
    key = serializers.CharField(help_text="Shown this once.")

    class Meta(ApiKeyOutput.Meta):
        fields = [*ApiKeyOutput.Meta.fields, "key"]


class IdentityOutput(serializers.ModelSerializer[Identity]):
    email = serializers.CharField(allow_null=True, help_text="As the provider knew it when it was connected.")

    class Meta:
        model = Identity
        fields = ["id", "provider", "email", "linked_at"]
