"""The only place that knows concrete classes: builds everything once from the settings, closes it once.

`backends` and `inference` build what the services use, `accounts` the services that need no model, `assembly` all of
them; `policies` turns the settings into the values that each part needs.
"""

from gwansang.container.accounts import Accounts, open_accounts
from gwansang.container.assembly import Container, assemble_container, open_container, open_gallery
from gwansang.container.backends import open_store
from gwansang.container.inference import open_analysis_service, open_file_analyses
from gwansang.container.policies import EdgePolicy, job_policy

__all__ = [
    "Accounts",
    "Container",
    "EdgePolicy",
    "assemble_container",
    "job_policy",
    "open_accounts",
    "open_analysis_service",
    "open_container",
    "open_file_analyses",
    "open_gallery",
    "open_store",
]
