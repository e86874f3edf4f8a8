"""The only place that knows concrete classes: builds everything once from the settings, closes it once.

`carriers` and `engines` make what the services stand on, `accounts` those that need no model, `assembly` all of them;
`rules` tells each part what it has to know of the settings.
"""

from gwansang.container.accounts import Accounts, open_accounts
from gwansang.container.assembly import Container, assembled, open_container, open_gallery
from gwansang.container.backends import open_store
from gwansang.container.engines import open_analyses
from gwansang.container.policies import EdgePolicy, job_policy

__all__ = [
    "Accounts",
    "Container",
    "EdgePolicy",
    "assembled",
    "job_policy",
    "open_accounts",
    "open_analyses",
    "open_container",
    "open_gallery",
    "open_store",
]
