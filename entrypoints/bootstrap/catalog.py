from dependency_injector import containers, providers

from application.catalog.adjust_stock import AdjustStock
from application.catalog.archive_product import ArchiveProduct
from application.catalog.change_product import ChangeProduct
from application.catalog.count_stock import CountStock
from application.catalog.create_product import CreateProduct
from application.catalog.import_catalog import ImportCatalog
from application.catalog.plan_import import PlanImport
from application.catalog.queries import ExportProducts, GetProduct, GetStock, ListMovements, ListProducts
from application.catalog.refresh_search_index import RefreshSearchIndex
from application.shared.ports import Clock, IdFactory
from entrypoints.bootstrap.database import Database


class Catalog(containers.DynamicContainer):
    def __init__(
        self,
        *,
        clock: providers.Provider[Clock],
        ids: providers.Provider[IdFactory],
        database: Database,
    ) -> None:
        super().__init__()
        self.create_product = providers.Singleton(
            CreateProduct, unit_of_work=database.unit_of_work, clock=clock, ids=ids
        )
        self.change_product = providers.Singleton(
            ChangeProduct, unit_of_work=database.unit_of_work, clock=clock
        )
        self.archive_product = providers.Singleton(
            ArchiveProduct, unit_of_work=database.unit_of_work, clock=clock
        )
        self.get_product = providers.Singleton(GetProduct, products=database.product_queries)
        self.list_products = providers.Singleton(ListProducts, products=database.product_queries)
        self.export_products = providers.Singleton(ExportProducts, products=database.product_queries)
        self.plan_import = providers.Singleton(PlanImport, unit_of_work=database.unit_of_work)
        self.import_catalog = providers.Singleton(
            ImportCatalog, unit_of_work=database.unit_of_work, clock=clock, ids=ids
        )

        self.refresh_search_index = providers.Singleton(
            RefreshSearchIndex, index=database.product_search_index
        )

        self.get_stock = providers.Singleton(GetStock, stocks=database.stock_queries)
        self.list_movements = providers.Singleton(ListMovements, stocks=database.stock_queries)
        self.count_stock = providers.Singleton(CountStock, unit_of_work=database.unit_of_work, clock=clock)
        self.adjust_stock = providers.Singleton(
            AdjustStock, unit_of_work=database.unit_of_work, clock=clock, ids=ids
        )
