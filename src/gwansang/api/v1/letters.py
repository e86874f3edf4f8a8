"""Letters for people, written after the answer is on its way."""

from gwansang.services.accounts.email_proof_service import EmailProofService, MailProof
from gwansang.services.accounts.mail_service import Letter
from gwansang.services.accounts.user_service import UserNotFoundError
from gwansang.texts import Locale


async def verification_letter(proofs: EmailProofService, user_id: int, locale: Locale) -> Letter | None:
    """A code that proves an address; None where there is nothing to prove, or nobody any more."""
    try:
        return _letter(await proofs.start_verification(user_id), locale)
    except UserNotFoundError:
        return None


async def reset_letter(proofs: EmailProofService, email: str, locale: Locale) -> Letter | None:
    """A code for a new password; None where nobody has the address."""
    return _letter(await proofs.start_reset(email), locale)


def _letter(proof: MailProof | None, locale: Locale) -> Letter | None:
    return None if proof is None else Letter(proof.purpose, proof.email, proof.token, locale)
