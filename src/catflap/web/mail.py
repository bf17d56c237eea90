"""Mail: its words in the reader's language, sent by SMTP off the event loop."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from catflap.ground.settings import Settings
from catflap.words.catalogue import words

TIMEOUT_S = 20


class Mail:
    """Sends mail as the settings say."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def reset_link(self, *, to: str, token: str, locale: str) -> None:
        """Send one reset link."""
        _ = words(locale).gettext
        link = f"{self._settings.address()}/reset/{token}"
        name = self._settings.community_name
        await self._write(
            to, _("A new password for %(name)s", name=name),
            _(
                "Somebody, probably you, asked for a new password at %(name)s.\n\n%(link)s\n\n"
                "The link works for one hour and once. If it was not you, do nothing.",
                name=name, link=link,
            ),
        )

    async def let_in(self, *, to: str, handle: str, locale: str) -> None:
        """Tell somebody who waited that they are in."""
        _ = words(locale).gettext
        name = self._settings.community_name
        await self._write(
            to, _("You are in at %(name)s", name=name),
            _(
                "Your turn has come, @%(handle)s: you can write now.\n\n%(link)s\n\n"
                "Thank you for waiting.",
                handle=handle, link=self._settings.address(),
            ),
        )

    async def turned_away(self, *, to: str, handle: str, locale: str, word: str) -> None:
        """Tell somebody who waited that they are not let in; ``word``: an operator's, or ""."""
        _ = words(locale).gettext
        name = self._settings.community_name
        text = _(
            "Those who run %(name)s have decided not to let in @%(handle)s. The account and all "
            "that it held is deleted, and the handle is free again.",
            name=name, handle=handle,
        )
        if word:
            text = "\n\n".join([text, _("They say:"), word])
        await self._write(to, _("Your request at %(name)s", name=name), text)

    async def _write(self, to: str, subject: str, text: str) -> None:
        message = EmailMessage()
        host = urlsplit(self._settings.address()).hostname
        message["From"] = self._settings.mail_from or f"catflap@{host}"
        message["To"] = to
        message["Subject"] = subject
        message.set_content(text)
        await asyncio.to_thread(self._send, message)

    async def answers(self) -> None:
        """Greet the server and take leave; raises OSError or SMTPException where it cannot."""
        await asyncio.to_thread(self._send, None)

    def _send(self, message: EmailMessage | None) -> None:
        url = urlsplit(self._settings.smtp_url)
        host = url.hostname or "localhost"
        if url.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host, url.port or 465, timeout=TIMEOUT_S, context=ssl.create_default_context()
            )
        else:
            server = smtplib.SMTP(host, url.port or 587, timeout=TIMEOUT_S)
        with server:
            if (url.scheme == "smtp" and server.has_extn("starttls")) or url.scheme == "smtp+tls":
                server.starttls(context=ssl.create_default_context())
            if url.username:
                server.login(unquote(url.username), unquote(url.password or ""))
            if message is not None:
                server.send_message(message)
