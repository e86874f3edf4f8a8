"""Groups of calls on /docs; their descriptions include the WebSockets, which OpenAPI does not cover."""

from typing import Final

_GROUPS: Final = {
    "analysis": "A photo, or the points of a face, and its reading at once. A camera is guided over the WebSocket "
    '`/api/v1/analysis/live`: frames in, "a little closer" out, and the reading in the end; docs/live.md '
    "has its messages.",
    "long work": "Videos, many photos, or a reading to fetch later: 202 with a task. Ask for its state here, or follow "
    "it over the WebSocket `/api/v1/analysis/tasks/{task_id}/events`; docs/api.md has the messages.",
    "kept readings": "With the consent to `history`: readings to see again, compare, share as a card, or delete.",
    "compatibility": "What tradition says of two faces (궁합): in one request, or by a code for somebody else.",
    "files": "Kept photos by the links that `GET /api/v1/analysis/{analysis_id}/photo` gives.",
    "celebrity": "Look-alikes of a face in the gallery, with the consent to `lookalike`; the gallery itself, for "
    "administrators.",
    "accounts": "Signing up, one's own account and data, and administration.",
    "signing in": "Tokens, codes by mail, and tickets that open a WebSocket in a browser.",
    "usage": "Readings of the month by the plan of a user, all sign-ins and API keys together.",
    "API keys": "Keys for programs, with scopes.",
    "webhooks": "Signed messages to a server of one's own when a task ends or data is erased; docs/webhooks.md shows "
    "how to receive them.",
    "consent and privacy": "Consents, the role of AI, and the retention of data.",
    "health": "For balancers and container hosts.",
}
TAGS: Final = [{"name": name, "description": description} for name, description in _GROUPS.items()]
