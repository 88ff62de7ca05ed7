from typing import Any

from application.audit.entry import AuditAction
from application.audit.ports import AuditFilter
from application.audit.views import AuditEntryView
from tests.kit.pages import all_items
from tests.kit.shop import Shop


async def audit_log(shop: Shop, **criteria: Any) -> list[AuditEntryView]:
    """Return the matching entries, newest first."""
    return await all_items(
        lambda after: shop.store.audit.list(AuditFilter(**criteria), after=after, limit=100)
    )


async def entry_of(shop: Shop, action: AuditAction) -> AuditEntryView:
    """Return the only entry of an action."""
    [entry] = await audit_log(shop, action=action)
    return entry


async def actions(shop: Shop) -> set[AuditAction]:
    return {entry.action for entry in await audit_log(shop)}
