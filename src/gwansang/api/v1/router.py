"""Routers of version 1; each names its full path, which is also what the access log shows."""

from gwansang.api.v1.endpoints import (
    analysis,
    auth,
    cards,
    celebrity,
    compatibility,
    consents,
    feedback,
    files,
    history,
    identities,
    keys,
    live,
    overlays,
    privacy,
    providers,
    sessions,
    shares,
    tasks,
    usage,
    users,
    webhooks,
)

# The application includes each of them itself: FastAPI builds every route of a router anew for each level of inclusion.
ROUTERS = tuple(
    module.router
    for module in (
        analysis,
        overlays,
        tasks,
        history,
        feedback,
        compatibility,
        cards,
        shares,
        files,
        celebrity,
        auth,
        providers,
        sessions,
        identities,
        users,
        usage,
        keys,
        webhooks,
        consents,
        privacy,
        live,
    )
)
