from dependency_injector import containers, providers

from application.checks.check_shop import CheckShop
from application.shared.ports import Clock
from entrypoints.bootstrap.database import Database


class Checks(containers.DynamicContainer):
    def __init__(
        self,
        *,
        clock: providers.Provider[Clock],
        database: Database,
    ) -> None:
        super().__init__()
        self.check_shop = providers.Singleton(
            CheckShop, checks=database.invariant_checks, records=database.finding_records, clock=clock
        )
