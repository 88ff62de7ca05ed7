from dataclasses import dataclass

from application.unit_of_work import UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class EraseClosedAccounts:
    """Erase personal data from orders of closed accounts that have been delivered since."""

    unit_of_work: UnitOfWorkFactory

    async def __call__(self) -> None:
        async with self.unit_of_work() as work:
            await work.personal_data.erase_from_orders_of_closed_accounts()
            await work.commit()
