"""The calls of the API; written by `make openapi` from clients/openapi.json, do not edit."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal
from uuid import UUID

from gwansang_client.calls import Call, given_json, idempotency, path_with
from gwansang_client.decoding import as_bytes, as_list, as_model, as_nothing
from gwansang_client.generated import models
from gwansang_client.uploads import Upload, Uploads, upload_list


def list_readings(
    *, page: int | None = None, size: int | None = None, after: str | None = None
) -> Call[models.KeptReadingPage]:
    """List one's own readings, newest first; they are kept with the consent to `history`."""
    return Call(
        "list_readings",
        "GET",
        "/api/v1/analysis",
        as_model(models.KeptReadingPage),
        query={"page": page, "size": size, "after": after},
    )


def analyze_batch(
    file: Uploads, *, locale: str | None = None, idempotency_key: str | None = None
) -> Call[models.TaskOut]:
    """Read up to fifty photos, each by itself, as a task; each costs as much as one reading."""
    return Call(
        "analyze_batch",
        "POST",
        "/api/v1/analysis/batch",
        as_model(models.TaskOut),
        query={"locale": locale},
        headers=idempotency(idempotency_key),
        files=[("file", upload) for upload in upload_list(file)],
    )


def compare_readings(*, a: UUID | str, b: UUID | str, locale: str | None = None) -> Call[models.ComparisonOut]:
    """Compare two of one's own kept readings; changes within the noise of photos are marked."""
    return Call(
        "compare_readings",
        "POST",
        "/api/v1/analysis/compare",
        as_model(models.ComparisonOut),
        query={"locale": locale},
        json=given_json({"a": a, "b": b}),
    )


def compare_faces(
    *,
    first: models.ComparedFace,
    second: models.ComparedFace,
    locale: str | None = None,
    other_agrees: bool | None = None,
) -> Call[models.CompatibilityOut]:
    """Tell what tradition says of two faces together (궁합), without a grade; nothing is kept."""
    return Call(
        "compare_faces",
        "POST",
        "/api/v1/analysis/compatibility",
        as_model(models.CompatibilityOut),
        query={"locale": locale},
        json=given_json({"first": first, "other_agrees": other_agrees, "second": second}),
    )


def redeem_invitation(
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
) -> Call[models.CompatibilityOut]:
    """Compare one's own face with that of the person who sent the code. Neither sees the other's photo or
    reading, and nothing of this face is kept; a photo that can't be read does not use up the code.
    """
    return Call(
        "redeem_invitation",
        "POST",
        "/api/v1/analysis/compatibility/invitation",
        as_model(models.CompatibilityOut),
        query={"locale": locale},
        json=given_json(
            {
                "analysis_id": analysis_id,
                "birth_year": birth_year,
                "code": code,
                "covered": covered,
                "detail_points": detail_points,
                "image": image,
                "image_height": image_height,
                "image_width": image_width,
                "landmark_looks": landmark_looks,
                "landmarks": landmarks,
            }
        ),
    )


def redeem_invitation_with_upload(
    file: Uploads, *, code: str, locale: str | None = None, birth_year: int | None = None
) -> Call[models.CompatibilityOut]:
    """Redeem a code with an uploaded photo; otherwise as `POST /analysis/compatibility/invitation`."""
    return Call(
        "redeem_invitation_with_upload",
        "POST",
        "/api/v1/analysis/compatibility/invitation/upload",
        as_model(models.CompatibilityOut),
        query={"locale": locale},
        form={"birth_year": birth_year, "code": code},
        files=[("file", upload) for upload in upload_list(file)],
    )


def compare_uploaded_faces(
    file: Uploads,
    *,
    locale: str | None = None,
    birth_year: int | None = None,
    other_agrees: bool | None = None,
    other_birth_year: int | None = None,
) -> Call[models.CompatibilityOut]:
    """Compare the faces on two uploaded photos; otherwise as `POST /analysis/compatibility`."""
    return Call(
        "compare_uploaded_faces",
        "POST",
        "/api/v1/analysis/compatibility/upload",
        as_model(models.CompatibilityOut),
        query={"locale": locale},
        form={"birth_year": birth_year, "other_agrees": other_agrees, "other_birth_year": other_birth_year},
        files=[("file", upload) for upload in upload_list(file)],
    )


def analyze_face(
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
) -> Call[models.FaceReading]:
    """Read a face from a photo in base64, or from the landmarks of a face mesh."""
    return Call(
        "analyze_face",
        "POST",
        "/api/v1/analysis/face",
        as_model(models.FaceReading),
        query={"detail": detail, "locale": locale, "timezone": timezone},
        headers=idempotency(idempotency_key),
        json=given_json(
            {
                "birth_year": birth_year,
                "covered": covered,
                "detail_points": detail_points,
                "image": image,
                "image_height": image_height,
                "image_width": image_width,
                "landmark_looks": landmark_looks,
                "landmarks": landmarks,
            }
        )
        or None,
    )


def analyze_face_later(
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
) -> Call[models.TaskOut]:
    """Read a face as `POST /analysis/face` does, as a task; an invalid request is refused at once."""
    return Call(
        "analyze_face_later",
        "POST",
        "/api/v1/analysis/face/async",
        as_model(models.TaskOut),
        query={"locale": locale, "timezone": timezone},
        headers=idempotency(idempotency_key),
        json=given_json(
            {
                "birth_year": birth_year,
                "covered": covered,
                "detail_points": detail_points,
                "image": image,
                "image_height": image_height,
                "image_width": image_width,
                "landmark_looks": landmark_looks,
                "landmarks": landmarks,
            }
        )
        or None,
    )


def draw_face_overlay_as_png(
    file: Uploads, *, locale: str | None = None, timezone: str | None = None, birth_year: int | None = None
) -> Call[bytes]:
    """Draw the measured lines over an uploaded photo, upright and at most 1600 pixels; nothing is kept."""
    return Call(
        "draw_face_overlay_as_png",
        "POST",
        "/api/v1/analysis/face/overlay.png",
        as_bytes,
        query={"locale": locale, "timezone": timezone},
        headers={"Accept": "image/png"},
        form={"birth_year": birth_year},
        files=[("file", upload) for upload in upload_list(file)],
    )


def draw_face_overlay(
    file: Uploads,
    *,
    photo: bool | None = None,
    locale: str | None = None,
    timezone: str | None = None,
    birth_year: int | None = None,
) -> Call[bytes]:
    """Draw the measured lines of an uploaded photo, with the parts' names; nothing is kept."""
    return Call(
        "draw_face_overlay",
        "POST",
        "/api/v1/analysis/face/overlay.svg",
        as_bytes,
        query={"photo": photo, "locale": locale, "timezone": timezone},
        headers={"Accept": "image/svg+xml"},
        form={"birth_year": birth_year},
        files=[("file", upload) for upload in upload_list(file)],
    )


def analyze_uploaded_face(
    file: Uploads,
    *,
    detail: Literal["short", "story", "full"] | None = None,
    locale: str | None = None,
    timezone: str | None = None,
    idempotency_key: str | None = None,
    birth_year: int | None = None,
) -> Call[models.FaceReading]:
    """Read a face from an uploaded photo, or more reliably from up to five; otherwise as `POST
    /analysis/face`.
    """
    return Call(
        "analyze_uploaded_face",
        "POST",
        "/api/v1/analysis/face/upload",
        as_model(models.FaceReading),
        query={"detail": detail, "locale": locale, "timezone": timezone},
        headers=idempotency(idempotency_key),
        form={"birth_year": birth_year},
        files=[("file", upload) for upload in upload_list(file)],
    )


def list_invitations() -> Call[models.InvitationPage]:
    """List one's own invitations that still work, newest first; always on one page."""
    return Call("list_invitations", "GET", "/api/v1/analysis/invitations", as_model(models.InvitationPage))


def end_invitation(invitation_id: UUID | str) -> Call[None]:
    """End an invitation at once."""
    return Call(
        "end_invitation",
        "DELETE",
        path_with("/api/v1/analysis/invitations/{invitation_id}", invitation_id=invitation_id),
        as_nothing,
    )


def forget_profile() -> Call[None]:
    """Delete the remembered face; kept readings stay."""
    return Call("forget_profile", "DELETE", "/api/v1/analysis/profile", as_nothing)


def list_tasks(
    *, page: int | None = None, size: int | None = None, after: str | None = None, locale: str | None = None
) -> Call[models.TaskSummaryPage]:
    """List one's own tasks without their results, newest first; they are deleted some time after their end."""
    return Call(
        "list_tasks",
        "GET",
        "/api/v1/analysis/tasks",
        as_model(models.TaskSummaryPage),
        query={"page": page, "size": size, "after": after, "locale": locale},
    )


def cancel_task(task_id: UUID | str) -> Call[None]:
    """Cancel a task; its result is not kept, and a task that has ended stays as it is."""
    return Call("cancel_task", "DELETE", path_with("/api/v1/analysis/tasks/{task_id}", task_id=task_id), as_nothing)


def read_task(task_id: UUID | str, *, locale: str | None = None) -> Call[models.TaskOut]:
    """Return one's own task, with its result once it is done."""
    return Call(
        "read_task",
        "GET",
        path_with("/api/v1/analysis/tasks/{task_id}", task_id=task_id),
        as_model(models.TaskOut),
        query={"locale": locale},
    )


def read_batch_photo(task_id: UUID | str, number: int, *, locale: str | None = None) -> Call[models.BatchPhotoReading]:
    """Return the whole reading of one photo of a finished batch, with lines to draw, or its error."""
    return Call(
        "read_batch_photo",
        "GET",
        path_with("/api/v1/analysis/tasks/{task_id}/photos/{number}", task_id=task_id, number=number),
        as_model(models.BatchPhotoReading),
        query={"locale": locale},
    )


def analyze_video(
    file: Upload, *, locale: str | None = None, idempotency_key: str | None = None, birth_year: int | None = None
) -> Call[models.TaskOut]:
    """Read a face from a video of up to 30 seconds, as a task; it costs as much as four readings."""
    return Call(
        "analyze_video",
        "POST",
        "/api/v1/analysis/video",
        as_model(models.TaskOut),
        query={"locale": locale},
        headers=idempotency(idempotency_key),
        form={"birth_year": birth_year},
        files=[("file", file)],
    )


def delete_reading(analysis_id: UUID | str) -> Call[None]:
    """Delete a kept reading, and its photo if there is one."""
    return Call(
        "delete_reading", "DELETE", path_with("/api/v1/analysis/{analysis_id}", analysis_id=analysis_id), as_nothing
    )


def read_reading(
    analysis_id: UUID | str, *, detail: Literal["short", "story", "full"] | None = None, locale: str | None = None
) -> Call[models.FaceReading]:
    """Return a kept reading, without lines to draw: neither photo nor points are kept."""
    return Call(
        "read_reading",
        "GET",
        path_with("/api/v1/analysis/{analysis_id}", analysis_id=analysis_id),
        as_model(models.FaceReading),
        query={"detail": detail, "locale": locale},
    )


def read_reading_card_png(
    analysis_id: UUID | str,
    *,
    format: Literal["story", "square", "og", "portrait"] | None = None,
    locale: str | None = None,
) -> Call[bytes]:
    """Draw a card as PNG; otherwise as `GET /analysis/{analysis_id}/card.svg`."""
    return Call(
        "read_reading_card_png",
        "GET",
        path_with("/api/v1/analysis/{analysis_id}/card.png", analysis_id=analysis_id),
        as_bytes,
        query={"format": format, "locale": locale},
        headers={"Accept": "image/png"},
    )


def read_reading_card(
    analysis_id: UUID | str,
    *,
    format: Literal["story", "square", "og", "portrait"] | None = None,
    locale: str | None = None,
) -> Call[bytes]:
    """Draw a card to share, in the language of `?locale=` or of the reading, with the notice; no photo,
    points or measures.
    """
    return Call(
        "read_reading_card",
        "GET",
        path_with("/api/v1/analysis/{analysis_id}/card.svg", analysis_id=analysis_id),
        as_bytes,
        query={"format": format, "locale": locale},
        headers={"Accept": "image/svg+xml"},
    )


def read_answers(analysis_id: UUID | str) -> Call[models.FeedbackOut]:
    """Return one's own answers to a kept reading."""
    return Call(
        "read_answers",
        "GET",
        path_with("/api/v1/analysis/{analysis_id}/feedback", analysis_id=analysis_id),
        as_model(models.FeedbackOut),
    )


def answer_parts(
    analysis_id: UUID | str, *, answers: Mapping[str, Literal["fits", "not"] | None]
) -> Call[models.FeedbackOut]:
    """Say of parts of a kept reading whether they fit; needs the consent to `improve`."""
    return Call(
        "answer_parts",
        "PUT",
        path_with("/api/v1/analysis/{analysis_id}/feedback", analysis_id=analysis_id),
        as_model(models.FeedbackOut),
        json=given_json({"answers": answers}),
    )


def read_fortune(analysis_id: UUID | str, *, date: date, locale: str | None = None) -> Call[models.FortuneOut]:
    """Return the fortune of any day for the face of a kept reading."""
    return Call(
        "read_fortune",
        "GET",
        path_with("/api/v1/analysis/{analysis_id}/fortune", analysis_id=analysis_id),
        as_model(models.FortuneOut),
        query={"date": date, "locale": locale},
    )


def list_fortunes(
    analysis_id: UUID | str, *, date: date, days: int | None = None, locale: str | None = None
) -> Call[list[models.FortuneOut]]:
    """List the fortunes of a week, or of up to 31 days, for the face of a kept reading."""
    return Call(
        "list_fortunes",
        "GET",
        path_with("/api/v1/analysis/{analysis_id}/fortunes", analysis_id=analysis_id),
        as_list(models.FortuneOut),
        query={"date": date, "days": days, "locale": locale},
    )


def make_invitation(
    analysis_id: UUID | str, *, idempotency_key: str | None = None, days: int | None = None, uses: int | None = None
) -> Call[models.NewInvitationOut]:
    """Create an invitation: a code with which another person compares their face with that of a kept
    reading.
    """
    return Call(
        "make_invitation",
        "POST",
        path_with("/api/v1/analysis/{analysis_id}/invitations", analysis_id=analysis_id),
        as_model(models.NewInvitationOut),
        headers=idempotency(idempotency_key),
        json=given_json({"days": days, "uses": uses}) or None,
    )


def read_photo_link(analysis_id: UUID | str) -> Call[models.PhotoOut]:
    """Return a URL of the photo of a kept reading, valid for five minutes and without signing in; photos are
    kept with the consents to `history` and `retain_photo`.
    """
    return Call(
        "read_photo_link",
        "GET",
        path_with("/api/v1/analysis/{analysis_id}/photo", analysis_id=analysis_id),
        as_model(models.PhotoOut),
    )


def list_shares(
    analysis_id: UUID | str, *, page: int | None = None, size: int | None = None, after: str | None = None
) -> Call[models.SharePage]:
    """List the links to a kept reading that have not ended, newest first."""
    return Call(
        "list_shares",
        "GET",
        path_with("/api/v1/analysis/{analysis_id}/shares", analysis_id=analysis_id),
        as_model(models.SharePage),
        query={"page": page, "size": size, "after": after},
    )


def share_reading(
    analysis_id: UUID | str,
    *,
    locale: str | None = None,
    idempotency_key: str | None = None,
    expires_in_hours: int | None = None,
) -> Call[models.NewShareOut]:
    """Create a link that shows the words of a kept reading to anyone who has its URL: no photo, no measure,
    no name.
    """
    return Call(
        "share_reading",
        "POST",
        path_with("/api/v1/analysis/{analysis_id}/shares", analysis_id=analysis_id),
        as_model(models.NewShareOut),
        query={"locale": locale},
        headers=idempotency(idempotency_key),
        json=given_json({"expires_in_hours": expires_in_hours}) or None,
    )


def end_share(analysis_id: UUID | str, share_id: UUID | str) -> Call[None]:
    """End a link at once."""
    return Call(
        "end_share",
        "DELETE",
        path_with("/api/v1/analysis/{analysis_id}/shares/{share_id}", analysis_id=analysis_id, share_id=share_id),
        as_nothing,
    )


def login(
    *,
    password: str,
    username: str,
    client_id: str | None = None,
    client_secret: str | None = None,
    device_name: str | None = None,
    device_token: str | None = None,
    grant_type: str | None = None,
    scope: str | None = None,
) -> Call[models.SignedInOut]:
    """Sign in with an e-mail address, in the field `username`, and a password. Keep `device_token` on the
    device and send it with the next sign-in: then wrong passwords that others try don't keep you out.
    """
    return Call(
        "login",
        "POST",
        "/api/v1/auth/login",
        as_model(models.SignedInOut),
        public=True,
        form={
            "client_id": client_id,
            "client_secret": client_secret,
            "device_name": device_name,
            "device_token": device_token,
            "grant_type": grant_type,
            "password": password,
            "scope": scope,
            "username": username,
        },
    )


def logout() -> Call[None]:
    """End this sign-in with all its tokens."""
    return Call("logout", "POST", "/api/v1/auth/logout", as_nothing)


def list_providers(*, locale: str | None = None) -> Call[models.ProvidersOut]:
    """List the providers that people can sign in with here, with the text that a new account consents to."""
    return Call(
        "list_providers",
        "GET",
        "/api/v1/auth/providers",
        as_model(models.ProvidersOut),
        public=True,
        query={"locale": locale},
    )


def exchange_provider_code(*, code: str) -> Call[models.ProviderSignInOut]:
    """Exchange the code that a provider's return left in the page's address, once, in the browser that
    began: for tokens, or for the notice that an identity was linked. Errors of the provider are answered
    here.
    """
    return Call(
        "exchange_provider_code",
        "POST",
        "/api/v1/auth/providers/exchange",
        as_model(models.ProviderSignInOut),
        public=True,
        json=given_json({"code": code}),
    )


def start_provider_sign_in(
    provider: Literal["kakao", "naver", "google", "apple"],
    *,
    locale: str | None = None,
    birth_year: int | None = None,
    return_to: str | None = None,
) -> Call[models.AuthorizationOut]:
    """Begin to sign in with a provider in this browser, which gets a cookie. The provider returns to the
    page at `#/signedin/{code}`, which exchanges the code. The consent of a new account is recorded in the
    language of this request.
    """
    return Call(
        "start_provider_sign_in",
        "POST",
        path_with("/api/v1/auth/providers/{provider}/start", provider=provider),
        as_model(models.AuthorizationOut),
        public=True,
        query={"locale": locale},
        json=given_json({"birth_year": birth_year, "return_to": return_to}) or None,
    )


def sign_in_with_id_token(
    provider: Literal["kakao", "naver", "google", "apple"],
    *,
    id_token: str,
    nonce: str,
    locale: str | None = None,
    access_token: str | None = None,
    birth_year: int | None = None,
    device_name: str | None = None,
) -> Call[models.SignedInOut]:
    """Sign in an app with the ID token that it got from a provider for its nonce, at most ten minutes ago. A
    new person gets an account, and consents to the text of `GET /auth/providers` in the language of this
    request; an account with the same address is never linked here.
    """
    return Call(
        "sign_in_with_id_token",
        "POST",
        path_with("/api/v1/auth/providers/{provider}/token", provider=provider),
        as_model(models.SignedInOut),
        public=True,
        query={"locale": locale},
        json=given_json(
            {
                "access_token": access_token,
                "birth_year": birth_year,
                "device_name": device_name,
                "id_token": id_token,
                "nonce": nonce,
            }
        ),
    )


def refresh_tokens(*, refresh_token: str) -> Call[models.TokensOut]:
    """Exchange a refresh token for a new pair, once; the same token gets the same pair again for 20 seconds,
    and later it ends the whole sign-in.
    """
    return Call(
        "refresh_tokens",
        "POST",
        "/api/v1/auth/refresh",
        as_model(models.TokensOut),
        public=True,
        json=given_json({"refresh_token": refresh_token}),
    )


def reset_password(*, password: str, token: str, locale: str | None = None) -> Call[None]:
    """Choose a new password with the code that was sent; every sign-in and API key ends, and a mail confirms
    it.
    """
    return Call(
        "reset_password",
        "POST",
        "/api/v1/auth/reset-password",
        as_nothing,
        public=True,
        query={"locale": locale},
        json=given_json({"password": password, "token": token}),
    )


def request_password_reset(*, email: str, locale: str | None = None) -> Call[models.AcceptedOut]:
    """Send a code that allows choosing a new password. The answer is the same for unknown addresses, and if
    enough codes were sent: those stay valid until one of them is used.
    """
    return Call(
        "request_password_reset",
        "POST",
        "/api/v1/auth/reset-password/request",
        as_model(models.AcceptedOut),
        public=True,
        query={"locale": locale},
        json=given_json({"email": email}),
    )


def issue_ticket() -> Call[models.TicketOut]:
    """Get a ticket that opens one WebSocket within 30 seconds, as `?ticket=`; browsers can't send headers
    there.
    """
    return Call("issue_ticket", "POST", "/api/v1/auth/tickets", as_model(models.TicketOut))


def undo_email_change(*, token: str, locale: str | None = None) -> Call[models.AccountOut]:
    """Undo a change of the address with the code that was sent to the old one: it counts again, the
    password, every sign-in and API key end, and a code to choose a new password is sent to it.
    """
    return Call(
        "undo_email_change",
        "POST",
        "/api/v1/auth/undo-email",
        as_model(models.AccountOut),
        public=True,
        query={"locale": locale},
        json=given_json({"token": token}),
    )


def verify_email(*, token: str, locale: str | None = None) -> Call[models.AccountOut]:
    """Verify an address, or complete its change, with the code that was sent to it. After a change the old
    address gets a notice if it was verified; requests for other addresses are cancelled.
    """
    return Call(
        "verify_email",
        "POST",
        "/api/v1/auth/verify-email",
        as_model(models.AccountOut),
        public=True,
        query={"locale": locale},
        json=given_json({"token": token}),
    )


def request_email_verification(*, locale: str | None = None) -> Call[models.AcceptedOut]:
    """Send another code to one's own address, unless it is verified already; earlier codes stay valid."""
    return Call(
        "request_email_verification",
        "POST",
        "/api/v1/auth/verify-email/request",
        as_model(models.AcceptedOut),
        query={"locale": locale},
    )


def list_celebrities(
    *,
    q: str | None = None,
    category: str | None = None,
    page: int | None = None,
    size: int | None = None,
    after: str | None = None,
) -> Call[models.CelebrityPage]:
    """List the people of the gallery, by their Korean names."""
    return Call(
        "list_celebrities",
        "GET",
        "/api/v1/celebrity",
        as_model(models.CelebrityPage),
        public=True,
        query={"q": q, "category": category, "page": page, "size": size, "after": after},
    )


def add_celebrity(
    *, category: str, name_en: str, name_ko: str, idempotency_key: str | None = None, note: str | None = None
) -> Call[models.CelebrityOut]:
    """Add a person; the pictures follow by `POST /celebrity/photos`."""
    return Call(
        "add_celebrity",
        "POST",
        "/api/v1/celebrity",
        as_model(models.CelebrityOut),
        headers=idempotency(idempotency_key),
        json=given_json({"category": category, "name_en": name_en, "name_ko": name_ko, "note": note}),
    )


def import_celebrities(
    file: Upload, *, locale: str | None = None, idempotency_key: str | None = None
) -> Call[models.TaskOut]:
    """Add many pictures, as a task: one folder for each person, or a CSV with names and files, in a ZIP."""
    return Call(
        "import_celebrities",
        "POST",
        "/api/v1/celebrity/import",
        as_model(models.TaskOut),
        query={"locale": locale},
        headers=idempotency(idempotency_key),
        files=[("file", file)],
    )


def match_face(
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
) -> Call[models.LookalikeOut]:
    """Find the people of the gallery whom the face in a photo resembles; needs the consent to `lookalike`."""
    return Call(
        "match_face",
        "POST",
        "/api/v1/celebrity/match",
        as_model(models.LookalikeOut),
        query={"k": k, "card": card, "locale": locale, "timezone": timezone},
        json=given_json(
            {
                "birth_year": birth_year,
                "covered": covered,
                "detail_points": detail_points,
                "image": image,
                "image_height": image_height,
                "image_width": image_width,
                "landmark_looks": landmark_looks,
                "landmarks": landmarks,
            }
        )
        or None,
    )


def match_uploaded_face(
    file: Uploads,
    *,
    k: int | None = None,
    card: bool | None = None,
    locale: str | None = None,
    timezone: str | None = None,
    birth_year: int | None = None,
) -> Call[models.LookalikeOut]:
    """Find look-alikes from an uploaded photo, or more reliably from up to five; else as `POST
    /celebrity/match`.
    """
    return Call(
        "match_uploaded_face",
        "POST",
        "/api/v1/celebrity/match/upload",
        as_model(models.LookalikeOut),
        query={"k": k, "card": card, "locale": locale, "timezone": timezone},
        form={"birth_year": birth_year},
        files=[("file", upload) for upload in upload_list(file)],
    )


def add_celebrity_photo(
    file: Upload,
    *,
    celebrity_id: int,
    idempotency_key: str | None = None,
    attribution: str | None = None,
    licence: str | None = None,
    source: str | None = None,
) -> Call[models.CelebrityPhotoOut]:
    """Add a picture of a person of the gallery. Its embedding is kept, and the picture is not; a picture
    with an embedding of an older release gets a new one.
    """
    return Call(
        "add_celebrity_photo",
        "POST",
        "/api/v1/celebrity/photos",
        as_model(models.CelebrityPhotoOut),
        headers=idempotency(idempotency_key),
        form={"attribution": attribution, "celebrity_id": celebrity_id, "licence": licence, "source": source},
        files=[("file", file)],
    )


def delete_celebrity(celebrity_id: int) -> Call[None]:
    """Remove a person with the data of their pictures."""
    return Call(
        "delete_celebrity",
        "DELETE",
        path_with("/api/v1/celebrity/{celebrity_id}", celebrity_id=celebrity_id),
        as_nothing,
    )


def read_celebrity(celebrity_id: int) -> Call[models.CelebrityDetail]:
    """Return a person of the gallery, with source and licence of each picture."""
    return Call(
        "read_celebrity",
        "GET",
        path_with("/api/v1/celebrity/{celebrity_id}", celebrity_id=celebrity_id),
        as_model(models.CelebrityDetail),
        public=True,
    )


def change_celebrity(
    celebrity_id: int,
    *,
    category: str | None = None,
    name_en: str | None = None,
    name_ko: str | None = None,
    note: str | None = None,
) -> Call[models.CelebrityOut]:
    """Change names, category or note of a person."""
    return Call(
        "change_celebrity",
        "PATCH",
        path_with("/api/v1/celebrity/{celebrity_id}", celebrity_id=celebrity_id),
        as_model(models.CelebrityOut),
        json=given_json({"category": category, "name_en": name_en, "name_ko": name_ko, "note": note}),
    )


def delete_celebrity_photo(celebrity_id: int, photo_id: UUID | str) -> Call[None]:
    """Remove the data of a picture."""
    return Call(
        "delete_celebrity_photo",
        "DELETE",
        path_with("/api/v1/celebrity/{celebrity_id}/photos/{photo_id}", celebrity_id=celebrity_id, photo_id=photo_id),
        as_nothing,
    )


def list_consents(*, locale: str | None = None) -> Call[models.ConsentPage]:
    """List every purpose with its text and one's own consent; always on one page."""
    return Call("list_consents", "GET", "/api/v1/consents", as_model(models.ConsentPage), query={"locale": locale})


def withdraw_consent(
    purpose: Literal["reading", "history", "lookalike", "retain_photo", "improve"], *, locale: str | None = None
) -> Call[models.ConsentOut]:
    """Withdraw a consent; data that depends on it is deleted at once."""
    return Call(
        "withdraw_consent",
        "DELETE",
        path_with("/api/v1/consents/{purpose}", purpose=purpose),
        as_model(models.ConsentOut),
        query={"locale": locale},
    )


def grant_consent(
    purpose: Literal["reading", "history", "lookalike", "retain_photo", "improve"],
    *,
    locale: str | None = None,
    version: int | None = None,
) -> Call[models.ConsentOut]:
    """Agree to the text in force; send the version that was shown, so that no other one is agreed to."""
    return Call(
        "grant_consent",
        "PUT",
        path_with("/api/v1/consents/{purpose}", purpose=purpose),
        as_model(models.ConsentOut),
        query={"locale": locale},
        json=given_json({"version": version}) or None,
    )


def download_file(token: str) -> Call[bytes]:
    """Return the file of a link until the link expires."""
    return Call("download_file", "GET", path_with("/api/v1/files/{token}", token=token), as_bytes, public=True)


def list_keys(*, page: int | None = None, size: int | None = None, after: str | None = None) -> Call[models.KeyPage]:
    """List one's own keys, newest first."""
    return Call(
        "list_keys", "GET", "/api/v1/keys", as_model(models.KeyPage), query={"page": page, "size": size, "after": after}
    )


def make_key(
    *,
    name: str,
    scopes: Sequence[Literal["analyze", "history:read", "history:write", "match"]],
    idempotency_key: str | None = None,
    current_password: str | None = None,
    expires_in_days: int | None = None,
) -> Call[models.NewKeyOut]:
    """Create a key, once the address is verified; no later answer shows its secret. This needs
    `current_password`, or a sign-in of the last five minutes.
    """
    return Call(
        "make_key",
        "POST",
        "/api/v1/keys",
        as_model(models.NewKeyOut),
        headers=idempotency(idempotency_key),
        json=given_json(
            {"current_password": current_password, "expires_in_days": expires_in_days, "name": name, "scopes": scopes}
        ),
    )


def delete_key(key_id: UUID | str) -> Call[None]:
    """Revoke a key at once."""
    return Call("delete_key", "DELETE", path_with("/api/v1/keys/{key_id}", key_id=key_id), as_nothing)


def read_notice(*, locale: str | None = None) -> Call[models.NoticeOut]:
    """Return the notice to show before use: entertainment, the role of AI, data that is kept, minimum age."""
    return Call(
        "read_notice",
        "GET",
        "/api/v1/privacy/notice",
        as_model(models.NoticeOut),
        public=True,
        query={"locale": locale},
    )


def read_retention(*, locale: str | None = None) -> Call[models.RetentionOut]:
    """Return the retention of each kind of data, as the daily run deletes it."""
    return Call(
        "read_retention",
        "GET",
        "/api/v1/privacy/retention",
        as_model(models.RetentionOut),
        public=True,
        query={"locale": locale},
    )


def read_usage() -> Call[models.UsageOut]:
    """Return how many readings the caller has had this month, the limit of the plan, and when the month
    ends.
    """
    return Call("read_usage", "GET", "/api/v1/usage", as_model(models.UsageOut))


def list_users(
    *,
    active: bool | None = None,
    email: str | None = None,
    page: int | None = None,
    size: int | None = None,
    after: str | None = None,
) -> Call[models.AccountPage]:
    """List all accounts, by id."""
    return Call(
        "list_users",
        "GET",
        "/api/v1/users",
        as_model(models.AccountPage),
        query={"active": active, "email": email, "page": page, "size": size, "after": after},
    )


def register(
    *, email: str, password: str, username: str, locale: str | None = None, birth_year: int | None = None
) -> Call[models.UserOut]:
    """Create an account; a code that verifies the address is sent to it. This consents to the text of `GET
    /auth/providers` in the language of this request.
    """
    return Call(
        "register",
        "POST",
        "/api/v1/users",
        as_model(models.UserOut),
        public=True,
        query={"locale": locale},
        json=given_json({"birth_year": birth_year, "email": email, "password": password, "username": username}),
    )


def delete_me(*, current_password: str | None = None) -> Call[None]:
    """Erase one's account and all its data. This needs `current_password`, or a sign-in of the last five
    minutes.
    """
    return Call(
        "delete_me",
        "DELETE",
        "/api/v1/users/me",
        as_nothing,
        json=given_json({"current_password": current_password}) or None,
    )


def read_me() -> Call[models.OwnAccountOut]:
    """Return one's own account."""
    return Call("read_me", "GET", "/api/v1/users/me", as_model(models.OwnAccountOut))


def change_me(
    *,
    locale: str | None = None,
    current_password: str | None = None,
    email: str | None = None,
    username: str | None = None,
) -> Call[models.OwnAccountOut]:
    """Change one's name or address. A new address needs `current_password`, or a sign-in of the last five
    minutes. The old one counts until the new one is verified with the code that is sent to it; if the old
    one is verified, it is sent a code that undoes the change for seven days.
    """
    return Call(
        "change_me",
        "PATCH",
        "/api/v1/users/me",
        as_model(models.OwnAccountOut),
        query={"locale": locale},
        json=given_json({"current_password": current_password, "email": email, "username": username}),
    )


def export_me() -> Call[models.OwnDataOut]:
    """Export all of one's own data, without secrets: one document, or a ZIP with readings as text and kept
    photos, too. It is made while it is sent: `X-Readings-Count` says how many readings will come, oldest
    first.
    """
    return Call("export_me", "GET", "/api/v1/users/me/export", as_model(models.OwnDataOut))


def export_me_as_zip() -> Call[bytes]:
    """Export all of one's own data, without secrets: one document, or a ZIP with readings as text and kept
    photos, too. It is made while it is sent: `X-Readings-Count` says how many readings will come, oldest
    first.
    """
    return Call("export_me_as_zip", "GET", "/api/v1/users/me/export", as_bytes, headers={"Accept": "application/zip"})


def list_identities() -> Call[models.IdentitiesOut]:
    """List the providers that one signs in with."""
    return Call("list_identities", "GET", "/api/v1/users/me/identities", as_model(models.IdentitiesOut))


def remove_identity(
    provider: Literal["kakao", "naver", "google", "apple"], *, current_password: str | None = None
) -> Call[None]:
    """Stop signing in with a provider. This needs `current_password`, or a sign-in of the last five minutes,
    and another way to sign in.
    """
    return Call(
        "remove_identity",
        "DELETE",
        path_with("/api/v1/users/me/identities/{provider}", provider=provider),
        as_nothing,
        json=given_json({"current_password": current_password}) or None,
    )


def start_identity_link(
    provider: Literal["kakao", "naver", "google", "apple"],
    *,
    current_password: str | None = None,
    return_to: str | None = None,
) -> Call[models.AuthorizationOut]:
    """Begin to link an identity in this browser, which gets a cookie. This needs `current_password`, or a
    sign-in of the last five minutes, and a verified address, which the provider must have verified, too.
    """
    return Call(
        "start_identity_link",
        "POST",
        path_with("/api/v1/users/me/identities/{provider}/start", provider=provider),
        as_model(models.AuthorizationOut),
        json=given_json({"current_password": current_password, "return_to": return_to}) or None,
    )


def link_identity(
    provider: Literal["kakao", "naver", "google", "apple"],
    *,
    id_token: str,
    nonce: str,
    access_token: str | None = None,
    current_password: str | None = None,
) -> Call[None]:
    """Link the identity of an app's ID token. This needs `current_password`, or a sign-in of the last five
    minutes, and a verified address, which the provider must have verified, too.
    """
    return Call(
        "link_identity",
        "POST",
        path_with("/api/v1/users/me/identities/{provider}/token", provider=provider),
        as_nothing,
        json=given_json(
            {"access_token": access_token, "current_password": current_password, "id_token": id_token, "nonce": nonce}
        ),
    )


def change_password(
    *, current_password: str, new_password: str, locale: str | None = None, keep_access: bool | None = None
) -> Call[None]:
    """Change the password; every sign-in ends, this one too, and every API key, unless `keep_access` is set.
    A mail tells it, if the address is verified.
    """
    return Call(
        "change_password",
        "POST",
        "/api/v1/users/me/password",
        as_nothing,
        query={"locale": locale},
        json=given_json(
            {"current_password": current_password, "keep_access": keep_access, "new_password": new_password}
        ),
    )


def list_sessions(
    *, page: int | None = None, size: int | None = None, after: str | None = None
) -> Call[models.SessionPage]:
    """List one's own sign-ins with their devices, the last used first."""
    return Call(
        "list_sessions",
        "GET",
        "/api/v1/users/me/sessions",
        as_model(models.SessionPage),
        query={"page": page, "size": size, "after": after},
    )


def end_session(session_id: UUID | str) -> Call[None]:
    """End a sign-in with all its tokens, at once."""
    return Call(
        "end_session", "DELETE", path_with("/api/v1/users/me/sessions/{session_id}", session_id=session_id), as_nothing
    )


def delete_user(user_id: int, *, current_password: str | None = None) -> Call[None]:
    """Erase any account and all its data. This needs the administrator's `current_password`, or a sign-in of
    the last five minutes.
    """
    return Call(
        "delete_user",
        "DELETE",
        path_with("/api/v1/users/{user_id}", user_id=user_id),
        as_nothing,
        json=given_json({"current_password": current_password}) or None,
    )


def read_user(user_id: int) -> Call[models.AccountOut]:
    """Return any account; the access is noted in the audit log."""
    return Call("read_user", "GET", path_with("/api/v1/users/{user_id}", user_id=user_id), as_model(models.AccountOut))


def change_user(
    user_id: int,
    *,
    locale: str | None = None,
    current_password: str | None = None,
    email: str | None = None,
    is_active: bool | None = None,
    is_admin: bool | None = None,
    username: str | None = None,
) -> Call[models.AccountOut]:
    """Change any account; a user who is deactivated or loses a role is signed out everywhere. A new address,
    state or role needs the administrator's `current_password`, or a sign-in of the last five minutes. A
    verified old address gets a notice, and codes mailed before the address changed are void.
    """
    return Call(
        "change_user",
        "PATCH",
        path_with("/api/v1/users/{user_id}", user_id=user_id),
        as_model(models.AccountOut),
        query={"locale": locale},
        json=given_json(
            {
                "current_password": current_password,
                "email": email,
                "is_active": is_active,
                "is_admin": is_admin,
                "username": username,
            }
        ),
    )


def change_plan(user_id: int, *, plan: str | None) -> Call[models.UsageOut]:
    """Give a user a plan; readings of this month count against it at once. The change is noted in the audit
    log.
    """
    return Call(
        "change_plan",
        "PUT",
        path_with("/api/v1/users/{user_id}/plan", user_id=user_id),
        as_model(models.UsageOut),
        json=given_json({"plan": plan}),
    )


def read_usage_of_user(user_id: int) -> Call[models.UsageOut]:
    """Return the plan and the readings of any user this month. The access is noted in the audit log."""
    return Call(
        "read_usage_of_user",
        "GET",
        path_with("/api/v1/users/{user_id}/usage", user_id=user_id),
        as_model(models.UsageOut),
    )


def list_webhooks() -> Call[list[models.WebhookOut]]:
    """List one's own webhooks, oldest first."""
    return Call("list_webhooks", "GET", "/api/v1/webhooks", as_list(models.WebhookOut))


def create_webhook(
    *,
    url: str,
    locale: str | None = None,
    events: Sequence[Literal["task.done", "task.failed", "task.cancelled", "data.erased", "account.erased"]]
    | None = None,
) -> Call[models.WebhookSecretOut]:
    """Create a webhook, once the address is verified: events are then sent to its URL, signed with its
    secret, which no later answer shows. `?locale=` is the language of mails about it.
    """
    return Call(
        "create_webhook",
        "POST",
        "/api/v1/webhooks",
        as_model(models.WebhookSecretOut),
        query={"locale": locale},
        json=given_json({"events": events, "url": url}),
    )


def delete_webhook(webhook_id: UUID | str) -> Call[None]:
    """Delete a webhook with its deliveries at once."""
    return Call(
        "delete_webhook", "DELETE", path_with("/api/v1/webhooks/{webhook_id}", webhook_id=webhook_id), as_nothing
    )


def read_webhook(webhook_id: UUID | str) -> Call[models.WebhookOut]:
    """Return a webhook; `disabled_reason` says why it gets no events."""
    return Call(
        "read_webhook",
        "GET",
        path_with("/api/v1/webhooks/{webhook_id}", webhook_id=webhook_id),
        as_model(models.WebhookOut),
    )


def change_webhook(
    webhook_id: UUID | str,
    *,
    events: Sequence[Literal["task.done", "task.failed", "task.cancelled", "data.erased", "account.erased"]]
    | None = None,
    is_enabled: bool | None = None,
    url: str | None = None,
) -> Call[models.WebhookOut]:
    """Change URL or events of a webhook, disable it, or enable it again; events that wait for it are then
    delivered.
    """
    return Call(
        "change_webhook",
        "PATCH",
        path_with("/api/v1/webhooks/{webhook_id}", webhook_id=webhook_id),
        as_model(models.WebhookOut),
        json=given_json({"events": events, "is_enabled": is_enabled, "url": url}),
    )


def list_webhook_deliveries(
    webhook_id: UUID | str, *, page: int | None = None, size: int | None = None, after: str | None = None
) -> Call[models.WebhookDeliveryPage]:
    """List the deliveries of the last 7 days, newest first."""
    return Call(
        "list_webhook_deliveries",
        "GET",
        path_with("/api/v1/webhooks/{webhook_id}/deliveries", webhook_id=webhook_id),
        as_model(models.WebhookDeliveryPage),
        query={"page": page, "size": size, "after": after},
    )


def read_webhook_delivery(webhook_id: UUID | str, delivery_id: UUID | str) -> Call[models.WebhookDeliveryDetailsOut]:
    """Return a delivery with every attempt: the status of the answer, or why there was none."""
    return Call(
        "read_webhook_delivery",
        "GET",
        path_with(
            "/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}", webhook_id=webhook_id, delivery_id=delivery_id
        ),
        as_model(models.WebhookDeliveryDetailsOut),
    )


def redeliver_webhook_event(webhook_id: UUID | str, delivery_id: UUID | str) -> Call[models.WebhookDeliveryOut]:
    """Deliver an event again, or now if it waits, under the same id. One that has ended is refused while 20
    deliveries wait for the webhook.
    """
    return Call(
        "redeliver_webhook_event",
        "POST",
        path_with(
            "/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver",
            webhook_id=webhook_id,
            delivery_id=delivery_id,
        ),
        as_model(models.WebhookDeliveryOut),
    )


def rotate_webhook_secret(webhook_id: UUID | str) -> Call[models.WebhookSecretOut]:
    """Make a new secret, which no later answer shows. For 24 hours messages carry two signatures, by it and
    by the one before, which then ends.
    """
    return Call(
        "rotate_webhook_secret",
        "POST",
        path_with("/api/v1/webhooks/{webhook_id}/secret", webhook_id=webhook_id),
        as_model(models.WebhookSecretOut),
    )


def send_test_event(webhook_id: UUID | str) -> Call[models.WebhookDeliveryOut]:
    """Send an event of the type `webhook.test`, whatever the webhook subscribes to. It is refused while 20
    deliveries wait for the webhook.
    """
    return Call(
        "send_test_event",
        "POST",
        path_with("/api/v1/webhooks/{webhook_id}/test", webhook_id=webhook_id),
        as_model(models.WebhookDeliveryOut),
    )


def check_health() -> Call[models.Health]:
    """Report that the process answers; nothing is checked."""
    return Call("check_health", "GET", "/health", as_model(models.Health), public=True)


def check_liveness() -> Call[models.Health]:
    """Report that the process answers; nothing is checked."""
    return Call("check_liveness", "GET", "/health/live", as_model(models.Health), public=True)


def check_readiness() -> Call[models.Readiness]:
    """Check that the models are loaded, the queue has room, and the database answers."""
    return Call("check_readiness", "GET", "/health/ready", as_model(models.Readiness), public=True)
