from dependency_injector import containers, providers

from adapters.tracing.tracing import Tracing
from application.orders.cancel_order import CancelOrder
from application.orders.change_order import ChangeOrder
from application.orders.claim_guest_orders import ClaimGuestOrders
from application.orders.decide_return import ApproveReturn, RefuseReturn
from application.orders.expire_orders import ExpireOrders
from application.orders.fulfill_order import FulfillOrder
from application.orders.place_order import PlaceOrder
from application.orders.place_order_batch import PlaceOrderBatch
from application.orders.placement_queue import OrderLanes, PlacementQueue
from application.orders.preview_order import PreviewOrder
from application.orders.queries import (
    ExportOrders,
    GetFulfillment,
    GetGuestOrder,
    GetOrder,
    GetReturn,
    ListFulfillments,
    ListOrders,
    ListReturns,
    ListStatusChanges,
)
from application.orders.receive_return import ReceiveReturn
from application.orders.release_expired_holds import ReleaseExpiredHolds
from application.orders.renew_order_token import RenewOrderToken
from application.orders.request_return import RequestReturn
from application.shared.admission import Admission
from application.shared.batching import Batcher
from application.shared.lanes import Lanes
from application.shared.ports import Clock, IdFactory
from domain.orders.hold_limits import HoldLimits
from entrypoints.bootstrap.database import Database
from entrypoints.bootstrap.tracing import traced_order_batches, traced_order_placement
from entrypoints.metrics.metrics import Metrics
from entrypoints.settings import Settings


class Orders(containers.DynamicContainer):
    def __init__(
        self,
        *,
        settings: providers.Provider[Settings],
        clock: providers.Provider[Clock],
        ids: providers.Provider[IdFactory],
        tracing: providers.Provider[Tracing],
        database: Database,
        metrics: providers.Provider[Metrics],
    ) -> None:
        super().__init__()
        self.hold_limits = providers.Singleton(
            HoldLimits,
            max_unpaid_orders=settings.provided.max_unpaid_orders,
            max_units_held=settings.provided.max_units_held,
            requires_verified_email=settings.provided.email_verification,
        )
        self.place_order_batch = providers.Singleton(
            PlaceOrderBatch,
            unit_of_work=database.unit_of_work,
            clock=clock,
            ids=ids,
            hold=settings.provided.order_hold,
            limits=self.hold_limits,
        )
        self.traced_batches = providers.Singleton(
            traced_order_batches, tracing=tracing, place=self.place_order_batch
        )
        self.order_batcher = providers.Singleton(
            Batcher, run=self.traced_batches, on_batch=metrics.provided.queues.observe_orders
        )
        self.order_lanes: providers.Singleton[OrderLanes] = providers.Singleton(
            Lanes, run=self.traced_batches, on_batch=metrics.provided.queues.observe_locked_orders
        )
        self.order_admission = providers.Singleton(
            Admission, batcher=self.order_batcher, apart=self.order_lanes
        )
        self.release_expired_holds = providers.Singleton(
            ReleaseExpiredHolds, unit_of_work=database.unit_of_work, clock=clock
        )
        self.hold_release_batcher = providers.Singleton(Batcher, run=self.release_expired_holds)
        self.placement_queue = providers.Singleton(
            PlacementQueue, batcher=self.order_batcher, lanes=self.order_lanes, orders=database.order_queries
        )
        self.place_order = providers.Singleton(
            traced_order_placement,
            tracing=tracing,
            place_order=providers.Singleton(
                PlaceOrder, queue=self.placement_queue, hold_releases=self.hold_release_batcher
            ),
        )
        self.preview_order = providers.Singleton(
            PreviewOrder, unit_of_work=database.unit_of_work, hold_releases=self.hold_release_batcher
        )

        self.change_order = providers.Singleton(ChangeOrder, unit_of_work=database.unit_of_work, clock=clock)
        self.cancel_order = providers.Singleton(
            CancelOrder, unit_of_work=database.unit_of_work, clock=clock, ids=ids
        )
        self.expire_orders = providers.Singleton(
            ExpireOrders, unit_of_work=database.unit_of_work, clock=clock
        )
        self.get_order = providers.Singleton(GetOrder, orders=database.order_queries)
        self.get_guest_order = providers.Singleton(GetGuestOrder, orders=database.order_queries)
        self.renew_order_token = providers.Singleton(
            RenewOrderToken, unit_of_work=database.unit_of_work, clock=clock
        )
        self.claim_guest_orders = providers.Singleton(
            ClaimGuestOrders, unit_of_work=database.unit_of_work, clock=clock
        )
        self.export_orders = providers.Singleton(ExportOrders, orders=database.order_queries)
        self.list_orders = providers.Singleton(ListOrders, orders=database.order_queries)
        self.list_status_changes = providers.Singleton(
            ListStatusChanges, get_order=self.get_order, orders=database.order_queries
        )

        self.fulfill_order = providers.Singleton(
            FulfillOrder,
            unit_of_work=database.unit_of_work,
            clock=clock,
            ids=ids,
            captures=settings.provided.captures_on_fulfillment,
        )
        self.get_fulfillment = providers.Singleton(
            GetFulfillment, get_order=self.get_order, orders=database.order_queries
        )
        self.list_fulfillments = providers.Singleton(
            ListFulfillments, get_order=self.get_order, orders=database.order_queries
        )

        self.request_return = providers.Singleton(
            RequestReturn, unit_of_work=database.unit_of_work, clock=clock, ids=ids
        )
        self.approve_return = providers.Singleton(
            ApproveReturn, unit_of_work=database.unit_of_work, clock=clock
        )
        self.refuse_return = providers.Singleton(
            RefuseReturn, unit_of_work=database.unit_of_work, clock=clock
        )
        self.receive_return = providers.Singleton(
            ReceiveReturn, unit_of_work=database.unit_of_work, clock=clock, ids=ids
        )
        self.get_return = providers.Singleton(
            GetReturn, get_order=self.get_order, orders=database.order_queries
        )
        self.list_returns = providers.Singleton(
            ListReturns, get_order=self.get_order, orders=database.order_queries
        )
