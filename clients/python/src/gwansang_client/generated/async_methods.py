"""The methods of the client; written by `make openapi` from clients/openapi.json, do not edit."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date
from typing import Literal, TypeVar
from uuid import UUID

from gwansang_client._core import Page
from gwansang_client.calls import Call
from gwansang_client.generated import calls, models
from gwansang_client.uploads import Upload, Uploads

T = TypeVar("T")


class AsyncMethods(ABC):
    """The operations of the API as methods to await."""

    @abstractmethod
    async def send(self, call: Call[T]) -> T:
        """Send a call and return its answer."""

    @abstractmethod
    def _items(self, call: Call[Page[T]]) -> AsyncIterator[T]:
        """Yield the items of all pages from this one on."""

    async def list_readings(
        self, *, page: int | None = None, size: int | None = None, after: str | None = None
    ) -> models.KeptReadingPage:
        """List one's own readings, newest first; they are kept with the consent to `history`."""
        return await self.send(calls.list_readings(page=page, size=size, after=after))

    def iterate_readings(
        self, *, page: int | None = None, size: int | None = None, after: str | None = None
    ) -> AsyncIterator[models.KeptReadingOut]:
        """Yield the items of all pages of `list_readings`."""
        return self._items(calls.list_readings(page=page, size=size, after=after))

    async def analyze_batch(
        self, file: Uploads, *, locale: str | None = None, idempotency_key: str | None = None
    ) -> models.TaskOut:
        """Read up to fifty photos, each by itself, as a task; each costs as much as one reading."""
        return await self.send(calls.analyze_batch(file, locale=locale, idempotency_key=idempotency_key))

    async def compare_readings(
        self, *, a: UUID | str, b: UUID | str, locale: str | None = None
    ) -> models.ComparisonOut:
        """Compare two of one's own kept readings; changes within the noise of photos are marked."""
        return await self.send(calls.compare_readings(locale=locale, a=a, b=b))

    async def compare_faces(
        self,
        *,
        first: models.ComparedFace,
        second: models.ComparedFace,
        locale: str | None = None,
        other_agrees: bool | None = None,
    ) -> models.CompatibilityOut:
        """Tell what tradition says of two faces together (궁합), without a grade; nothing is kept."""
        return await self.send(
            calls.compare_faces(locale=locale, first=first, other_agrees=other_agrees, second=second)
        )

    async def redeem_invitation(
        self,
        *,
        code: str,
        locale: str | None = None,
        analysis_id: UUID | str | None = None,
        birth_year: int | None = None,
        covered: Sequence[Literal["forehead", "brows", "eyes", "nose", "mouth", "cheeks", "jaw"]] | None = None,
        detail_points: Sequence[tuple[float, float]] | None = None,
        image: str | None = None,
        image_height: int | None = None,
        image_width: int | None = None,
        landmark_looks: Literal[1, 2] | None = None,
        landmarks: Sequence[Sequence[float]] | None = None,
    ) -> models.CompatibilityOut:
        """Compare one's own face with that of the person who sent the code. Neither sees the other's photo or
        reading, and nothing of this face is kept; a photo that can't be read does not use up the code.
        """
        return await self.send(
            calls.redeem_invitation(
                locale=locale,
                analysis_id=analysis_id,
                birth_year=birth_year,
                code=code,
                covered=covered,
                detail_points=detail_points,
                image=image,
                image_height=image_height,
                image_width=image_width,
                landmark_looks=landmark_looks,
                landmarks=landmarks,
            )
        )

    async def redeem_invitation_with_upload(
        self, file: Uploads, *, code: str, locale: str | None = None, birth_year: int | None = None
    ) -> models.CompatibilityOut:
        """Redeem a code with an uploaded photo; otherwise as `POST /analysis/compatibility/invitation`."""
        return await self.send(
            calls.redeem_invitation_with_upload(file, locale=locale, birth_year=birth_year, code=code)
        )

    async def compare_uploaded_faces(
        self,
        file: Uploads,
        *,
        locale: str | None = None,
        birth_year: int | None = None,
        other_agrees: bool | None = None,
        other_birth_year: int | None = None,
    ) -> models.CompatibilityOut:
        """Compare the faces on two uploaded photos; otherwise as `POST /analysis/compatibility`."""
        return await self.send(
            calls.compare_uploaded_faces(
                file, locale=locale, birth_year=birth_year, other_agrees=other_agrees, other_birth_year=other_birth_year
            )
        )

    async def analyze_face(
        self,
        *,
        detail: Literal["short", "story", "full"] | None = None,
        locale: str | None = None,
        timezone: str | None = None,
        idempotency_key: str | None = None,
        birth_year: int | None = None,
        covered: Sequence[Literal["forehead", "brows", "eyes", "nose", "mouth", "cheeks", "jaw"]] | None = None,
        detail_points: Sequence[tuple[float, float]] | None = None,
        image: str | None = None,
        image_height: int | None = None,
        image_width: int | None = None,
        landmark_looks: Literal[1, 2] | None = None,
        landmarks: Sequence[Sequence[float]] | None = None,
    ) -> models.FaceReading:
        """Read a face from a photo in base64, or from the landmarks of a face mesh."""
        return await self.send(
            calls.analyze_face(
                detail=detail,
                locale=locale,
                timezone=timezone,
                idempotency_key=idempotency_key,
                birth_year=birth_year,
                covered=covered,
                detail_points=detail_points,
                image=image,
                image_height=image_height,
                image_width=image_width,
                landmark_looks=landmark_looks,
                landmarks=landmarks,
            )
        )

    async def analyze_face_later(
        self,
        *,
        locale: str | None = None,
        timezone: str | None = None,
        idempotency_key: str | None = None,
        birth_year: int | None = None,
        covered: Sequence[Literal["forehead", "brows", "eyes", "nose", "mouth", "cheeks", "jaw"]] | None = None,
        detail_points: Sequence[tuple[float, float]] | None = None,
        image: str | None = None,
        image_height: int | None = None,
        image_width: int | None = None,
        landmark_looks: Literal[1, 2] | None = None,
        landmarks: Sequence[Sequence[float]] | None = None,
    ) -> models.TaskOut:
        """Read a face as `POST /analysis/face` does, as a task; an invalid request is refused at once."""
        return await self.send(
            calls.analyze_face_later(
                locale=locale,
                timezone=timezone,
                idempotency_key=idempotency_key,
                birth_year=birth_year,
                covered=covered,
                detail_points=detail_points,
                image=image,
                image_height=image_height,
                image_width=image_width,
                landmark_looks=landmark_looks,
                landmarks=landmarks,
            )
        )

    async def draw_face_overlay_as_png(
        self, file: Uploads, *, locale: str | None = None, timezone: str | None = None, birth_year: int | None = None
    ) -> bytes:
        """Draw the measured lines over an uploaded photo, upright and at most 1600 pixels; nothing is kept."""
        return await self.send(
            calls.draw_face_overlay_as_png(file, locale=locale, timezone=timezone, birth_year=birth_year)
        )

    async def draw_face_overlay(
        self,
        file: Uploads,
        *,
        photo: bool | None = None,
        locale: str | None = None,
        timezone: str | None = None,
        birth_year: int | None = None,
    ) -> bytes:
        """Draw the measured lines of an uploaded photo, with the parts' names; nothing is kept."""
        return await self.send(
            calls.draw_face_overlay(file, photo=photo, locale=locale, timezone=timezone, birth_year=birth_year)
        )

    async def analyze_uploaded_face(
        self,
        file: Uploads,
        *,
        detail: Literal["short", "story", "full"] | None = None,
        locale: str | None = None,
        timezone: str | None = None,
        idempotency_key: str | None = None,
        birth_year: int | None = None,
    ) -> models.FaceReading:
        """Read a face from an uploaded photo, or more reliably from up to five; otherwise as `POST
        /analysis/face`.
        """
        return await self.send(
            calls.analyze_uploaded_face(
                file,
                detail=detail,
                locale=locale,
                timezone=timezone,
                idempotency_key=idempotency_key,
                birth_year=birth_year,
            )
        )

    async def list_invitations(self) -> models.InvitationPage:
        """List one's own invitations that still work, newest first; always on one page."""
        return await self.send(calls.list_invitations())

    async def end_invitation(self, invitation_id: UUID | str) -> None:
        """End an invitation at once."""
        return await self.send(calls.end_invitation(invitation_id))

    async def forget_profile(self) -> None:
        """Delete the remembered face; kept readings stay."""
        return await self.send(calls.forget_profile())

    async def list_tasks(
        self, *, page: int | None = None, size: int | None = None, after: str | None = None, locale: str | None = None
    ) -> models.TaskSummaryPage:
        """List one's own tasks without their results, newest first; they are deleted some time after their end."""
        return await self.send(calls.list_tasks(page=page, size=size, after=after, locale=locale))

    def iterate_tasks(
        self, *, page: int | None = None, size: int | None = None, after: str | None = None, locale: str | None = None
    ) -> AsyncIterator[models.TaskSummary]:
        """Yield the items of all pages of `list_tasks`."""
        return self._items(calls.list_tasks(page=page, size=size, after=after, locale=locale))

    async def cancel_task(self, task_id: UUID | str) -> None:
        """Cancel a task; its result is not kept, and a task that has ended stays as it is."""
        return await self.send(calls.cancel_task(task_id))

    async def read_task(self, task_id: UUID | str, *, locale: str | None = None) -> models.TaskOut:
        """Return one's own task, with its result once it is done."""
        return await self.send(calls.read_task(task_id, locale=locale))

    async def read_batch_photo(
        self, task_id: UUID | str, number: int, *, locale: str | None = None
    ) -> models.BatchPhotoReading:
        """Return the whole reading of one photo of a finished batch, with lines to draw, or its error."""
        return await self.send(calls.read_batch_photo(task_id, number, locale=locale))

    async def analyze_video(
        self,
        file: Upload,
        *,
        locale: str | None = None,
        idempotency_key: str | None = None,
        birth_year: int | None = None,
    ) -> models.TaskOut:
        """Read a face from a video of up to 30 seconds, as a task; it costs as much as four readings."""
        return await self.send(
            calls.analyze_video(file, locale=locale, idempotency_key=idempotency_key, birth_year=birth_year)
        )

    async def delete_reading(self, analysis_id: UUID | str) -> None:
        """Delete a kept reading, and its photo if there is one."""
        return await self.send(calls.delete_reading(analysis_id))

    async def read_reading(
        self,
        analysis_id: UUID | str,
        *,
        detail: Literal["short", "story", "full"] | None = None,
        locale: str | None = None,
    ) -> models.FaceReading:
        """Return a kept reading, without lines to draw: neither photo nor points are kept."""
        return await self.send(calls.read_reading(analysis_id, detail=detail, locale=locale))

    async def read_reading_card_png(
        self,
        analysis_id: UUID | str,
        *,
        format: Literal["story", "square", "og", "portrait"] | None = None,
        locale: str | None = None,
    ) -> bytes:
        """Draw a card as PNG; otherwise as `GET /analysis/{analysis_id}/card.svg`."""
        return await self.send(calls.read_reading_card_png(analysis_id, format=format, locale=locale))

    async def read_reading_card(
        self,
        analysis_id: UUID | str,
        *,
        format: Literal["story", "square", "og", "portrait"] | None = None,
        locale: str | None = None,
    ) -> bytes:
        """Draw a card to share, in the language of `?locale=` or of the reading, with the notice; no photo,
        points or measures.
        """
        return await self.send(calls.read_reading_card(analysis_id, format=format, locale=locale))

    async def read_answers(self, analysis_id: UUID | str) -> models.FeedbackOut:
        """Return one's own answers to a kept reading."""
        return await self.send(calls.read_answers(analysis_id))

    async def answer_parts(
        self, analysis_id: UUID | str, *, answers: Mapping[str, Literal["fits", "not"] | None]
    ) -> models.FeedbackOut:
        """Say of parts of a kept reading whether they fit; needs the consent to `improve`."""
        return await self.send(calls.answer_parts(analysis_id, answers=answers))

    async def read_fortune(
        self, analysis_id: UUID | str, *, date: date, locale: str | None = None
    ) -> models.FortuneOut:
        """Return the fortune of any day for the face of a kept reading."""
        return await self.send(calls.read_fortune(analysis_id, date=date, locale=locale))

    async def list_fortunes(
        self, analysis_id: UUID | str, *, date: date, days: int | None = None, locale: str | None = None
    ) -> list[models.FortuneOut]:
        """List the fortunes of a week, or of up to 31 days, for the face of a kept reading."""
        return await self.send(calls.list_fortunes(analysis_id, date=date, days=days, locale=locale))

    async def make_invitation(
        self,
        analysis_id: UUID | str,
        *,
        idempotency_key: str | None = None,
        days: int | None = None,
        uses: int | None = None,
    ) -> models.NewInvitationOut:
        """Create an invitation: a code with which another person compares their face with that of a kept
        reading.
        """
        return await self.send(
            calls.make_invitation(analysis_id, idempotency_key=idempotency_key, days=days, uses=uses)
        )

    async def read_photo_link(self, analysis_id: UUID | str) -> models.PhotoOut:
        """Return a URL of the photo of a kept reading, valid for five minutes and without signing in; photos are
        kept with the consents to `history` and `retain_photo`.
        """
        return await self.send(calls.read_photo_link(analysis_id))

    async def list_shares(
        self, analysis_id: UUID | str, *, page: int | None = None, size: int | None = None, after: str | None = None
    ) -> models.SharePage:
        """List the links to a kept reading that have not ended, newest first."""
        return await self.send(calls.list_shares(analysis_id, page=page, size=size, after=after))

    def iterate_shares(
        self, analysis_id: UUID | str, *, page: int | None = None, size: int | None = None, after: str | None = None
    ) -> AsyncIterator[models.ShareOut]:
        """Yield the items of all pages of `list_shares`."""
        return self._items(calls.list_shares(analysis_id, page=page, size=size, after=after))

    async def share_reading(
        self,
        analysis_id: UUID | str,
        *,
        locale: str | None = None,
        idempotency_key: str | None = None,
        expires_in_hours: int | None = None,
    ) -> models.NewShareOut:
        """Create a link that shows the words of a kept reading to anyone who has its URL: no photo, no measure,
        no name.
        """
        return await self.send(
            calls.share_reading(
                analysis_id, locale=locale, idempotency_key=idempotency_key, expires_in_hours=expires_in_hours
            )
        )

    async def end_share(self, analysis_id: UUID | str, share_id: UUID | str) -> None:
        """End a link at once."""
        return await self.send(calls.end_share(analysis_id, share_id))

    async def list_providers(self, *, locale: str | None = None) -> models.ProvidersOut:
        """List the providers that people can sign in with here, with the text that a new account consents to."""
        return await self.send(calls.list_providers(locale=locale))

    async def exchange_provider_code(self, *, code: str) -> models.ProviderSignInOut:
        """Exchange the code that a provider's return left in the page's address, once, in the browser that
        began: for tokens, or for the notice that an identity was linked. Errors of the provider are answered
        here.
        """
        return await self.send(calls.exchange_provider_code(code=code))

    async def start_provider_sign_in(
        self,
        provider: Literal["kakao", "naver", "google", "apple"],
        *,
        locale: str | None = None,
        birth_year: int | None = None,
        return_to: str | None = None,
    ) -> models.AuthorizationOut:
        """Begin to sign in with a provider in this browser, which gets a cookie. The provider returns to the
        page at `#/signedin/{code}`, which exchanges the code. The consent of a new account is recorded in the
        language of this request.
        """
        return await self.send(
            calls.start_provider_sign_in(provider, locale=locale, birth_year=birth_year, return_to=return_to)
        )

    async def sign_in_with_id_token(
        self,
        provider: Literal["kakao", "naver", "google", "apple"],
        *,
        id_token: str,
        nonce: str,
        locale: str | None = None,
        access_token: str | None = None,
        birth_year: int | None = None,
        device_name: str | None = None,
    ) -> models.SignedInOut:
        """Sign in an app with the ID token that it got from a provider for its nonce, at most ten minutes ago. A
        new person gets an account, and consents to the text of `GET /auth/providers` in the language of this
        request; an account with the same address is never linked here.
        """
        return await self.send(
            calls.sign_in_with_id_token(
                provider,
                locale=locale,
                access_token=access_token,
                birth_year=birth_year,
                device_name=device_name,
                id_token=id_token,
                nonce=nonce,
            )
        )

    async def reset_password(self, *, password: str, token: str, locale: str | None = None) -> None:
        """Choose a new password with the code that was sent; every sign-in and API key ends, and a mail confirms
        it.
        """
        return await self.send(calls.reset_password(locale=locale, password=password, token=token))

    async def request_password_reset(self, *, email: str, locale: str | None = None) -> models.AcceptedOut:
        """Send a code that allows choosing a new password. The answer is the same for unknown addresses, and if
        enough codes were sent: those stay valid until one of them is used.
        """
        return await self.send(calls.request_password_reset(locale=locale, email=email))

    async def issue_ticket(self) -> models.TicketOut:
        """Get a ticket that opens one WebSocket within 30 seconds, as `?ticket=`; browsers can't send headers
        there.
        """
        return await self.send(calls.issue_ticket())

    async def undo_email_change(self, *, token: str, locale: str | None = None) -> models.AccountOut:
        """Undo a change of the address with the code that was sent to the old one: it counts again, the
        password, every sign-in and API key end, and a code to choose a new password is sent to it.
        """
        return await self.send(calls.undo_email_change(locale=locale, token=token))

    async def verify_email(self, *, token: str, locale: str | None = None) -> models.AccountOut:
        """Verify an address, or complete its change, with the code that was sent to it. After a change the old
        address gets a notice if it was verified; requests for other addresses are cancelled.
        """
        return await self.send(calls.verify_email(locale=locale, token=token))

    async def request_email_verification(self, *, locale: str | None = None) -> models.AcceptedOut:
        """Send another code to one's own address, unless it is verified already; earlier codes stay valid."""
        return await self.send(calls.request_email_verification(locale=locale))

    async def list_celebrities(
        self,
        *,
        q: str | None = None,
        category: str | None = None,
        page: int | None = None,
        size: int | None = None,
        after: str | None = None,
    ) -> models.CelebrityPage:
        """List the people of the gallery, by their Korean names."""
        return await self.send(calls.list_celebrities(q=q, category=category, page=page, size=size, after=after))

    def iterate_celebrities(
        self,
        *,
        q: str | None = None,
        category: str | None = None,
        page: int | None = None,
        size: int | None = None,
        after: str | None = None,
    ) -> AsyncIterator[models.CelebrityOut]:
        """Yield the items of all pages of `list_celebrities`."""
        return self._items(calls.list_celebrities(q=q, category=category, page=page, size=size, after=after))

    async def add_celebrity(
        self, *, category: str, name_en: str, name_ko: str, idempotency_key: str | None = None, note: str | None = None
    ) -> models.CelebrityOut:
        """Add a person; the pictures follow by `POST /celebrity/photos`."""
        return await self.send(
            calls.add_celebrity(
                idempotency_key=idempotency_key, category=category, name_en=name_en, name_ko=name_ko, note=note
            )
        )

    async def import_celebrities(
        self, file: Upload, *, locale: str | None = None, idempotency_key: str | None = None
    ) -> models.TaskOut:
        """Add many pictures, as a task: one folder for each person, or a CSV with names and files, in a ZIP."""
        return await self.send(calls.import_celebrities(file, locale=locale, idempotency_key=idempotency_key))

    async def match_face(
        self,
        *,
        k: int | None = None,
        card: bool | None = None,
        locale: str | None = None,
        timezone: str | None = None,
        birth_year: int | None = None,
        covered: Sequence[Literal["forehead", "brows", "eyes", "nose", "mouth", "cheeks", "jaw"]] | None = None,
        detail_points: Sequence[tuple[float, float]] | None = None,
        image: str | None = None,
        image_height: int | None = None,
        image_width: int | None = None,
        landmark_looks: Literal[1, 2] | None = None,
        landmarks: Sequence[Sequence[float]] | None = None,
    ) -> models.LookalikeOut:
        """Find the people of the gallery whom the face in a photo resembles; needs the consent to `lookalike`."""
        return await self.send(
            calls.match_face(
                k=k,
                card=card,
                locale=locale,
                timezone=timezone,
                birth_year=birth_year,
                covered=covered,
                detail_points=detail_points,
                image=image,
                image_height=image_height,
                image_width=image_width,
                landmark_looks=landmark_looks,
                landmarks=landmarks,
            )
        )

    async def match_uploaded_face(
        self,
        file: Uploads,
        *,
        k: int | None = None,
        card: bool | None = None,
        locale: str | None = None,
        timezone: str | None = None,
        birth_year: int | None = None,
    ) -> models.LookalikeOut:
        """Find look-alikes from an uploaded photo, or more reliably from up to five; else as `POST
        /celebrity/match`.
        """
        return await self.send(
            calls.match_uploaded_face(file, k=k, card=card, locale=locale, timezone=timezone, birth_year=birth_year)
        )

    async def add_celebrity_photo(
        self,
        file: Upload,
        *,
        celebrity_id: int,
        idempotency_key: str | None = None,
        attribution: str | None = None,
        licence: str | None = None,
        source: str | None = None,
    ) -> models.CelebrityPhotoOut:
        """Add a picture of a person of the gallery. Its embedding is kept, and the picture is not; a picture
        with an embedding of an older release gets a new one.
        """
        return await self.send(
            calls.add_celebrity_photo(
                file,
                idempotency_key=idempotency_key,
                attribution=attribution,
                celebrity_id=celebrity_id,
                licence=licence,
                source=source,
            )
        )

    async def delete_celebrity(self, celebrity_id: int) -> None:
        """Remove a person with the data of their pictures."""
        return await self.send(calls.delete_celebrity(celebrity_id))

    async def read_celebrity(self, celebrity_id: int) -> models.CelebrityDetail:
        """Return a person of the gallery, with source and licence of each picture."""
        return await self.send(calls.read_celebrity(celebrity_id))

    async def change_celebrity(
        self,
        celebrity_id: int,
        *,
        category: str | None = None,
        name_en: str | None = None,
        name_ko: str | None = None,
        note: str | None = None,
    ) -> models.CelebrityOut:
        """Change names, category or note of a person."""
        return await self.send(
            calls.change_celebrity(celebrity_id, category=category, name_en=name_en, name_ko=name_ko, note=note)
        )

    async def delete_celebrity_photo(self, celebrity_id: int, photo_id: UUID | str) -> None:
        """Remove the data of a picture."""
        return await self.send(calls.delete_celebrity_photo(celebrity_id, photo_id))

    async def list_consents(self, *, locale: str | None = None) -> models.ConsentPage:
        """List every purpose with its text and one's own consent; always on one page."""
        return await self.send(calls.list_consents(locale=locale))

    async def withdraw_consent(
        self,
        purpose: Literal["reading", "history", "lookalike", "retain_photo", "improve"],
        *,
        locale: str | None = None,
    ) -> models.ConsentOut:
        """Withdraw a consent; data that depends on it is deleted at once."""
        return await self.send(calls.withdraw_consent(purpose, locale=locale))

    async def grant_consent(
        self,
        purpose: Literal["reading", "history", "lookalike", "retain_photo", "improve"],
        *,
        locale: str | None = None,
        version: int | None = None,
    ) -> models.ConsentOut:
        """Agree to the text in force; send the version that was shown, so that no other one is agreed to."""
        return await self.send(calls.grant_consent(purpose, locale=locale, version=version))

    async def download_file(self, token: str) -> bytes:
        """Return the file of a link until the link expires."""
        return await self.send(calls.download_file(token))

    async def list_keys(
        self, *, page: int | None = None, size: int | None = None, after: str | None = None
    ) -> models.KeyPage:
        """List one's own keys, newest first."""
        return await self.send(calls.list_keys(page=page, size=size, after=after))

    def iterate_keys(
        self, *, page: int | None = None, size: int | None = None, after: str | None = None
    ) -> AsyncIterator[models.KeyOut]:
        """Yield the items of all pages of `list_keys`."""
        return self._items(calls.list_keys(page=page, size=size, after=after))

    async def make_key(
        self,
        *,
        name: str,
        scopes: Sequence[Literal["analyze", "history:read", "history:write", "match"]],
        idempotency_key: str | None = None,
        current_password: str | None = None,
        expires_in_days: int | None = None,
    ) -> models.NewKeyOut:
        """Create a key, once the address is verified; no later answer shows its secret. This needs
        `current_password`, or a sign-in of the last five minutes.
        """
        return await self.send(
            calls.make_key(
                idempotency_key=idempotency_key,
                current_password=current_password,
                expires_in_days=expires_in_days,
                name=name,
                scopes=scopes,
            )
        )

    async def delete_key(self, key_id: UUID | str) -> None:
        """Revoke a key at once."""
        return await self.send(calls.delete_key(key_id))

    async def read_notice(self, *, locale: str | None = None) -> models.NoticeOut:
        """Return the notice to show before use: entertainment, the role of AI, data that is kept, minimum age."""
        return await self.send(calls.read_notice(locale=locale))

    async def read_retention(self, *, locale: str | None = None) -> models.RetentionOut:
        """Return the retention of each kind of data, as the daily run deletes it."""
        return await self.send(calls.read_retention(locale=locale))

    async def read_usage(self) -> models.UsageOut:
        """Return how many readings the caller has had this month, the limit of the plan, and when the month
        ends.
        """
        return await self.send(calls.read_usage())

    async def list_users(
        self,
        *,
        active: bool | None = None,
        email: str | None = None,
        page: int | None = None,
        size: int | None = None,
        after: str | None = None,
    ) -> models.AccountPage:
        """List all accounts, by id."""
        return await self.send(calls.list_users(active=active, email=email, page=page, size=size, after=after))

    def iterate_users(
        self,
        *,
        active: bool | None = None,
        email: str | None = None,
        page: int | None = None,
        size: int | None = None,
        after: str | None = None,
    ) -> AsyncIterator[models.AccountOut]:
        """Yield the items of all pages of `list_users`."""
        return self._items(calls.list_users(active=active, email=email, page=page, size=size, after=after))

    async def register(
        self, *, email: str, password: str, username: str, locale: str | None = None, birth_year: int | None = None
    ) -> models.UserOut:
        """Create an account; a code that verifies the address is sent to it. This consents to the text of `GET
        /auth/providers` in the language of this request.
        """
        return await self.send(
            calls.register(locale=locale, birth_year=birth_year, email=email, password=password, username=username)
        )

    async def delete_me(self, *, current_password: str | None = None) -> None:
        """Erase one's account and all its data. This needs `current_password`, or a sign-in of the last five
        minutes.
        """
        return await self.send(calls.delete_me(current_password=current_password))

    async def read_me(self) -> models.OwnAccountOut:
        """Return one's own account."""
        return await self.send(calls.read_me())

    async def change_me(
        self,
        *,
        locale: str | None = None,
        current_password: str | None = None,
        email: str | None = None,
        username: str | None = None,
    ) -> models.OwnAccountOut:
        """Change one's name or address. A new address needs `current_password`, or a sign-in of the last five
        minutes. The old one counts until the new one is verified with the code that is sent to it; if the old
        one is verified, it is sent a code that undoes the change for seven days.
        """
        return await self.send(
            calls.change_me(locale=locale, current_password=current_password, email=email, username=username)
        )

    async def export_me(self) -> models.OwnDataOut:
        """Export all of one's own data, without secrets: one document, or a ZIP with readings as text and kept
        photos, too. It is made while it is sent: `X-Readings-Count` says how many readings will come, oldest
        first.
        """
        return await self.send(calls.export_me())

    async def export_me_as_zip(self) -> bytes:
        """Export all of one's own data, without secrets: one document, or a ZIP with readings as text and kept
        photos, too. It is made while it is sent: `X-Readings-Count` says how many readings will come, oldest
        first.
        """
        return await self.send(calls.export_me_as_zip())

    async def list_identities(self) -> models.IdentitiesOut:
        """List the providers that one signs in with."""
        return await self.send(calls.list_identities())

    async def remove_identity(
        self, provider: Literal["kakao", "naver", "google", "apple"], *, current_password: str | None = None
    ) -> None:
        """Stop signing in with a provider. This needs `current_password`, or a sign-in of the last five minutes,
        and another way to sign in.
        """
        return await self.send(calls.remove_identity(provider, current_password=current_password))

    async def start_identity_link(
        self,
        provider: Literal["kakao", "naver", "google", "apple"],
        *,
        current_password: str | None = None,
        return_to: str | None = None,
    ) -> models.AuthorizationOut:
        """Begin to link an identity in this browser, which gets a cookie. This needs `current_password`, or a
        sign-in of the last five minutes, and a verified address, which the provider must have verified, too.
        """
        return await self.send(
            calls.start_identity_link(provider, current_password=current_password, return_to=return_to)
        )

    async def link_identity(
        self,
        provider: Literal["kakao", "naver", "google", "apple"],
        *,
        id_token: str,
        nonce: str,
        access_token: str | None = None,
        current_password: str | None = None,
    ) -> None:
        """Link the identity of an app's ID token. This needs `current_password`, or a sign-in of the last five
        minutes, and a verified address, which the provider must have verified, too.
        """
        return await self.send(
            calls.link_identity(
                provider, access_token=access_token, current_password=current_password, id_token=id_token, nonce=nonce
            )
        )

    async def change_password(
        self, *, current_password: str, new_password: str, locale: str | None = None, keep_access: bool | None = None
    ) -> None:
        """Change the password; every sign-in ends, this one too, and every API key, unless `keep_access` is set.
        A mail tells it, if the address is verified.
        """
        return await self.send(
            calls.change_password(
                locale=locale, current_password=current_password, keep_access=keep_access, new_password=new_password
            )
        )

    async def list_sessions(
        self, *, page: int | None = None, size: int | None = None, after: str | None = None
    ) -> models.SessionPage:
        """List one's own sign-ins with their devices, the last used first."""
        return await self.send(calls.list_sessions(page=page, size=size, after=after))

    def iterate_sessions(
        self, *, page: int | None = None, size: int | None = None, after: str | None = None
    ) -> AsyncIterator[models.SessionOut]:
        """Yield the items of all pages of `list_sessions`."""
        return self._items(calls.list_sessions(page=page, size=size, after=after))

    async def end_session(self, session_id: UUID | str) -> None:
        """End a sign-in with all its tokens, at once."""
        return await self.send(calls.end_session(session_id))

    async def delete_user(self, user_id: int, *, current_password: str | None = None) -> None:
        """Erase any account and all its data. This needs the administrator's `current_password`, or a sign-in of
        the last five minutes.
        """
        return await self.send(calls.delete_user(user_id, current_password=current_password))

    async def read_user(self, user_id: int) -> models.AccountOut:
        """Return any account; the access is noted in the audit log."""
        return await self.send(calls.read_user(user_id))

    async def change_user(
        self,
        user_id: int,
        *,
        locale: str | None = None,
        current_password: str | None = None,
        email: str | None = None,
        is_active: bool | None = None,
        is_admin: bool | None = None,
        username: str | None = None,
    ) -> models.AccountOut:
        """Change any account; a user who is deactivated or loses a role is signed out everywhere. A new address,
        state or role needs the administrator's `current_password`, or a sign-in of the last five minutes. A
        verified old address gets a notice, and codes mailed before the address changed are void.
        """
        return await self.send(
            calls.change_user(
                user_id,
                locale=locale,
                current_password=current_password,
                email=email,
                is_active=is_active,
                is_admin=is_admin,
                username=username,
            )
        )

    async def change_plan(self, user_id: int, *, plan: str | None) -> models.UsageOut:
        """Give a user a plan; readings of this month count against it at once. The change is noted in the audit
        log.
        """
        return await self.send(calls.change_plan(user_id, plan=plan))

    async def read_usage_of_user(self, user_id: int) -> models.UsageOut:
        """Return the plan and the readings of any user this month. The access is noted in the audit log."""
        return await self.send(calls.read_usage_of_user(user_id))

    async def list_webhooks(self) -> list[models.WebhookOut]:
        """List one's own webhooks, oldest first."""
        return await self.send(calls.list_webhooks())

    async def create_webhook(
        self,
        *,
        url: str,
        locale: str | None = None,
        events: Sequence[Literal["task.done", "task.failed", "task.cancelled", "data.erased", "account.erased"]]
        | None = None,
    ) -> models.WebhookSecretOut:
        """Create a webhook, once the address is verified: events are then sent to its URL, signed with its
        secret, which no later answer shows. `?locale=` is the language of mails about it.
        """
        return await self.send(calls.create_webhook(locale=locale, events=events, url=url))

    async def delete_webhook(self, webhook_id: UUID | str) -> None:
        """Delete a webhook with its deliveries at once."""
        return await self.send(calls.delete_webhook(webhook_id))

    async def read_webhook(self, webhook_id: UUID | str) -> models.WebhookOut:
        """Return a webhook; `disabled_reason` says why it gets no events."""
        return await self.send(calls.read_webhook(webhook_id))

    async def change_webhook(
        self,
        webhook_id: UUID | str,
        *,
        events: Sequence[Literal["task.done", "task.failed", "task.cancelled", "data.erased", "account.erased"]]
        | None = None,
        is_enabled: bool | None = None,
        url: str | None = None,
    ) -> models.WebhookOut:
        """Change URL or events of a webhook, disable it, or enable it again; events that wait for it are then
        delivered.
        """
        return await self.send(calls.change_webhook(webhook_id, events=events, is_enabled=is_enabled, url=url))

    async def list_webhook_deliveries(
        self, webhook_id: UUID | str, *, page: int | None = None, size: int | None = None, after: str | None = None
    ) -> models.WebhookDeliveryPage:
        """List the deliveries of the last 7 days, newest first."""
        return await self.send(calls.list_webhook_deliveries(webhook_id, page=page, size=size, after=after))

    def iterate_webhook_deliveries(
        self, webhook_id: UUID | str, *, page: int | None = None, size: int | None = None, after: str | None = None
    ) -> AsyncIterator[models.WebhookDeliveryOut]:
        """Yield the items of all pages of `list_webhook_deliveries`."""
        return self._items(calls.list_webhook_deliveries(webhook_id, page=page, size=size, after=after))

    async def read_webhook_delivery(
        self, webhook_id: UUID | str, delivery_id: UUID | str
    ) -> models.WebhookDeliveryDetailsOut:
        """Return a delivery with every attempt: the status of the answer, or why there was none."""
        return await self.send(calls.read_webhook_delivery(webhook_id, delivery_id))

    async def redeliver_webhook_event(
        self, webhook_id: UUID | str, delivery_id: UUID | str
    ) -> models.WebhookDeliveryOut:
        """Deliver an event again, or now if it waits, under the same id. One that has ended is refused while 20
        deliveries wait for the webhook.
        """
        return await self.send(calls.redeliver_webhook_event(webhook_id, delivery_id))

    async def rotate_webhook_secret(self, webhook_id: UUID | str) -> models.WebhookSecretOut:
        """Make a new secret, which no later answer shows. For 24 hours messages carry two signatures, by it and
        by the one before, which then ends.
        """
        return await self.send(calls.rotate_webhook_secret(webhook_id))

    async def send_test_event(self, webhook_id: UUID | str) -> models.WebhookDeliveryOut:
        """Send an event of the type `webhook.test`, whatever the webhook subscribes to. It is refused while 20
        deliveries wait for the webhook.
        """
        return await self.send(calls.send_test_event(webhook_id))

    async def check_health(self) -> models.Health:
        """Report that the process answers; nothing is checked."""
        return await self.send(calls.check_health())

    async def check_liveness(self) -> models.Health:
        """Report that the process answers; nothing is checked."""
        return await self.send(calls.check_liveness())

    async def check_readiness(self) -> models.Readiness:
        """Check that the models are loaded, the queue has room, and the database answers."""
        return await self.send(calls.check_readiness())
