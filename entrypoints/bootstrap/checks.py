from dependency_injector import containers, providers

from application.checks.check_shop import CheckShop
from application.shared.clock import Clock


class Checks(containers.DeclarativeContainer):
    clock: providers.Dependency[Clock] = providers.Dependency()
    database = providers.DependenciesContainer()

    check_shop = providers.Singleton(
        CheckShop, checks=database.invariant_checks, records=database.finding_records, clock=clock
    )
