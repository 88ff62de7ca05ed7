from dependency_injector import containers, providers

from adapters.mail.files import FileMailer
from application.mail.deliver_mail import DeliverMail
from application.mail.message import MailTemplates
from application.mail.ports import Mailer
from application.mail.queries import ListFailedMail
from application.shared.ports import Clock, Randomness
from entrypoints.bootstrap.database import Database
from entrypoints.settings import Settings


def _mailer(settings: Settings) -> Mailer:
    if settings.smtp_url is not None:
        from adapters.mail.smtp import SmtpMailer  # noqa: PLC0415 - imported only where it is used, because loading takes time

        return SmtpMailer(settings.smtp_url.get_secret_value(), sender=settings.mail_from)
    return FileMailer(settings.data_dir / "mail", sender=settings.mail_from)


class Mail(containers.DynamicContainer):
    def __init__(
        self,
        *,
        settings: providers.Provider[Settings],
        clock: providers.Provider[Clock],
        randomness: providers.Provider[Randomness],
        database: Database,
    ) -> None:
        super().__init__()
        self.mailer = providers.Singleton(_mailer, settings=settings)
        self.templates = providers.Singleton(MailTemplates, storefront=settings.provided.storefront_url)
        self.deliver_mail = providers.Singleton(
            DeliverMail,
            unit_of_work=database.unit_of_work,
            mailer=self.mailer,
            templates=self.templates,
            clock=clock,
            randomness=randomness,
        )
        self.list_failed_mail = providers.Singleton(ListFailedMail, unit_of_work=database.unit_of_work)
