"""Unit of work: one transaction with every repository in it."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncSession

from gwansang.db.session import Access, Database
from gwansang.repositories.analyses import Analyses
from gwansang.repositories.celebrities import Celebrities, CelebrityPhotos, GalleryVersions
from gwansang.repositories.consents import Consents
from gwansang.repositories.feedback import FeedbackAnswers, FeedbackCounts
from gwansang.repositories.idempotency import IdempotencyRecords
from gwansang.repositories.identities import Identities, ProviderSignIns
from gwansang.repositories.invitations import Invitations
from gwansang.repositories.keys import Keys
from gwansang.repositories.photos import PhotoObjects, Photos
from gwansang.repositories.privacy import Audit, Erasures, ScheduledRuns
from gwansang.repositories.profiles import Profiles
from gwansang.repositories.shares import Shares
from gwansang.repositories.tasks import TaskItems, Tasks
from gwansang.repositories.tokens import MailTokens, SocketTickets, TokenFamilies
from gwansang.repositories.usage import MonthlyUsages
from gwansang.repositories.user_keys import UserKeys
from gwansang.repositories.users import Users
from gwansang.repositories.webhooks import Webhooks
from gwansang.repositories.workers import Workers


class Transaction:
    """The repositories of one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self.users = Users(session)
        self.user_keys = UserKeys(session)
        self.idempotency = IdempotencyRecords(session)
        self.usage = MonthlyUsages(session)
        self.audit = Audit(session)
        self.erasures = Erasures(session)
        self.scheduled_runs = ScheduledRuns(session)
        self.families = TokenFamilies(session)
        self.mail_tokens = MailTokens(session)
        self.tickets = SocketTickets(session)
        self.keys = Keys(session)
        self.identities, self.provider_sign_ins = Identities(session), ProviderSignIns(session)
        self.consents = Consents(session)
        self.analyses = Analyses(session)
        self.feedback_answers, self.feedback_counts = FeedbackAnswers(session), FeedbackCounts(session)
        self.invitations = Invitations(session)
        self.profiles = Profiles(session)
        self.photos, self.photo_objects = Photos(session), PhotoObjects(session)
        self.shares = Shares(session)
        self.tasks, self.task_items = Tasks(session), TaskItems(session)
        self.workers = Workers(session)
        self.webhooks = Webhooks(session)
        self.celebrities, self.celebrity_photos = Celebrities(session), CelebrityPhotos(session)
        self.gallery_version = GalleryVersions(session)


class UnitOfWork:
    """Transactions of one database; nothing slow happens inside one.

    `write()` commits at the end of the block and rolls back on any exception; `read()` can't write.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def write(self) -> AbstractAsyncContextManager[Transaction]:
        """Open a transaction that may write."""
        return self._transaction("write")

    def read(self) -> AbstractAsyncContextManager[Transaction]:
        """Open a transaction that can't write."""
        return self._transaction("read")

    async def check_ready(self) -> None:
        """Raise DatabaseUnavailableError unless the database answers, and writes if it could not before."""
        await self._database.ping()
        if self._database.refuses_writes:
            async with self.write() as tx:
                await tx.scheduled_runs.rewrite()
            self._database.refuses_writes = False

    async def compact(self, *tables: str) -> bool:
        """Remove deleted and overwritten rows from the disk; return False if the call has to be repeated later."""
        return await self._database.compact(*tables)

    @asynccontextmanager
    async def _transaction(self, access: Access) -> AsyncIterator[Transaction]:
        async with self._database.session(access) as session:
            yield Transaction(session)
