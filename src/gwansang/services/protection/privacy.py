"""What keeps the promises about data, put together."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from gwansang.core.clock import Clock
from gwansang.repositories.unit_of_work import UnitOfWork
from gwansang.services.protection.audit import AuditLog
from gwansang.services.protection.erasure import ErasureService, ForgetInputs, ForgetMails
from gwansang.services.protection.key_rotation import KeyRotation
from gwansang.services.protection.photo_bin import PhotoBin
from gwansang.services.protection.retention import RetentionPolicy, RetentionService
from gwansang.services.protection.sealed_faces import SealedFaces, SealingOfOldRows
from gwansang.services.protection.sealing import Sealer


@dataclass(frozen=True, slots=True)
class Privacy:
    """The services that no endpoint of readings needs, and every promise about data does."""

    audit: AuditLog
    erasures: ErasureService
    rotation: KeyRotation
    old_rows: SealingOfOldRows
    retention: RetentionService


def privacy_services(
    uow: UnitOfWork,
    sealer: Sealer,
    forget_inputs: ForgetInputs,
    forget_mails: ForgetMails,
    photo_bin: PhotoBin,
    rules: RetentionPolicy,
    *,
    clock: Clock,
    new_id: Callable[[], UUID],
) -> Privacy:
    """All of them on one database."""
    audit = AuditLog(uow, sealer, clock=clock)
    erasures = ErasureService(uow, audit, forget_inputs, forget_mails, photo_bin, clock=clock, new_id=new_id)
    old_rows = SealingOfOldRows(uow, sealer, SealedFaces(sealer))
    return Privacy(
        audit=audit,
        erasures=erasures,
        rotation=KeyRotation(uow, sealer, audit),
        old_rows=old_rows,
        retention=RetentionService(uow, audit, erasures, photo_bin, old_rows, rules, clock=clock),
    )
