"""E-mail addresses and phone numbers in the one form in which they are stored and compared."""

from __future__ import annotations

import unicodedata

import phonenumbers

from numerai.crypto import blind_index


class InvalidPhone(ValueError):
    """This is not a phone number that can be called. The text says what would be one."""


def normalize_email(text: str) -> str:
    """Return an address as it is stored: NFKC, without surrounding space, lower-cased.

    The part before the @ may be case-sensitive by the standard; no provider of any size makes it so, and people type
    their address now with a capital and now without.
    """
    return unicodedata.normalize("NFKC", text).strip().lower()


def email_index(email: str, *, context: str) -> str:
    """Return a keyed hash of a normalized address: tables that outlive the account know it by nothing else."""
    return blind_index(email, context=f"authentication.{context}")


def normalize_phone(text: str, *, region: str | None = None) -> str:
    """Return a phone number in E.164, such as +4930123456. Raises InvalidPhone.

    A national form ("030 123456") means another number in every country, so it is taken only with its region (ISO
    3166 alpha-2), never guessed from the language or the time zone.
    """
    if region is None and not text.strip().startswith(("+", "\uff0b")):
        raise InvalidPhone("Write the number with its country code, such as +49 30 1234567, or send the region.")
    if region is not None and region not in phonenumbers.SUPPORTED_REGIONS:
        raise InvalidPhone("The region takes the two letters of a country, such as DE.")
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        raise InvalidPhone("This is not a phone number. Write it as +49 30 1234567.") from None
    if number.extension or not phonenumbers.is_valid_number(number):
        raise InvalidPhone("No such number can exist. Check the digits; extensions are not taken.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def phone_index(phone: str) -> str:
    """Return the keyed hash by which a number in E.164 is found again."""
    return blind_index(phone, context="authentication.phone")
