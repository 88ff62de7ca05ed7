"""Problems of the shop: accounts, catalog, stock and orders."""

from entrypoints.http.problems.problem_type import ProblemType

USER_PROBLEMS = (
    ProblemType(
        code="authentication_required",
        status=401,
        title="Log in first",
        meaning="This operation is for people who are logged in, and the request has no access token.",
        remedy="Get an access token at POST /token and send it as `Authorization: Bearer TOKEN`.",
        detail="Send an access token in the header Authorization.",
        headers=("WWW-Authenticate",),
    ),
    ProblemType(
        code="invalid_token",
        status=401,
        title="The access token is not valid",
        meaning="The token was not issued by or for this service, or its session has ended.",
        remedy="Log in again.",
        detail="The access token is not valid. Log in again.",
        headers=("WWW-Authenticate",),
    ),
    ProblemType(
        code="token_expired",
        status=401,
        title="The access token has expired",
        meaning="Access tokens are valid for some minutes only.",
        remedy="Log in again.",
        detail="The access token has expired. Log in again.",
        headers=("WWW-Authenticate",),
    ),
    ProblemType(
        code="forbidden",
        status=403,
        title="Not for your role",
        meaning=(
            "This operation is for another role than that of the account that you are logged in with, or for other "
            "scopes than those of your client's token. Some operations are for people only."
        ),
        remedy="Ask an admin for the role, or log in with another account; ask an operator for a client with the scope.",
        detail="This operation is not for your role.",
        headers=("WWW-Authenticate",),
    ),
    ProblemType(
        code="account_disabled",
        status=403,
        title="The account is disabled",
        meaning="An admin has disabled this account.",
        remedy="Ask the shop.",
        detail="This account has been disabled.",
    ),
    ProblemType(
        code="email_taken",
        status=409,
        title="The e-mail address is taken",
        meaning="There is an account with this e-mail address. Upper and lower case make no difference.",
        remedy="Log in with it, or use another address.",
        detail="There is an account with this e-mail address.",
    ),
    ProblemType(
        code="last_admin",
        status=409,
        title="The last admin stays",
        meaning="The change would leave the shop without an admin.",
        remedy="Make somebody else an admin first.",
        detail="This is the last admin. Make somebody else an admin first.",
    ),
    ProblemType(
        code="account_closed",
        status=409,
        title="The account is closed",
        meaning="The owner has closed this account. Only its orders are kept.",
        remedy="The same person can sign up again.",
        detail="This account has been closed, and cannot be changed any more.",
    ),
    ProblemType(
        code="too_many_attempts",
        status=429,
        title="Too many attempts",
        meaning="There were too many attempts for this e-mail address or from this network. Each further one doubles the wait.",
        remedy="Wait for as many seconds as Retry-After says. Nothing is locked.",
        detail="There were too many attempts. Try again later.",
        headers=("Retry-After",),
    ),
)

CATALOGUE_PROBLEMS = (
    ProblemType(
        code="sku_taken",
        status=409,
        title="The SKU is taken",
        meaning="Another product has this SKU, perhaps an archived one.",
        remedy="Choose another SKU, or change the product that has it.",
        detail="There is a product with this SKU.",
    ),
    ProblemType(
        code="stock_conflict",
        status=409,
        title="The stock does not permit this",
        meaning="There would be fewer units than are reserved for orders.",
        remedy="Read the stock again. Units that are reserved are free again when their order is canceled or expires.",
        detail="There would be fewer units than are reserved.",
        errors=[
            {
                "pointer": "/lines/0/delta",
                "code": "below_reserved",
                "detail": "5 units are reserved.",
                "params": {"reserved": 5},
            }
        ],
    ),
)

ORDER_PROBLEMS = (
    ProblemType(
        code="out_of_stock",
        status=409,
        title="Not enough stock",
        meaning="An order is reserved whole or not at all, and at least one line asks for more than is available.",
        remedy="Lower the quantities of the lines in `errors` to what is available, or try again later.",
        detail="1 of 2 lines cannot be supplied.",
        errors=[
            {
                "pointer": "/lines/1/quantity",
                "code": "insufficient_stock",
                "detail": "2 requested, 1 available.",
                "params": {"sku": "NW-0001", "requested": 2, "available": 1},
            }
        ],
    ),
    ProblemType(
        code="order_expired",
        status=409,
        title="The order of this key has expired",
        meaning=(
            "The key has placed an order that was not paid in time. Such orders are stored for some weeks only. "
            "Nothing was ordered now: a key never places a second order."
        ),
        remedy="If the customer still wants the goods, place a new order with a new key.",
        detail="The order of this key was not paid in time and is no longer stored. Make a new key for a new order.",
    ),
    ProblemType(
        code="price_changed",
        status=409,
        title="The price has changed",
        meaning="The order's total is not the `expected_total` of the request. Nothing was ordered.",
        remedy="Show the customer the present total, and send it as `expected_total` if they agree.",
        detail="The total is not the expected one. Show the new total to the customer and place the order again.",
        errors=[
            {
                "pointer": "/expected_total",
                "code": "price_changed",
                "detail": "The total is now 38.00 USD.",
                "params": {"amount": 3800, "currency": "USD"},
            }
        ],
    ),
    ProblemType(
        code="product_unavailable",
        status=409,
        title="A product cannot be ordered",
        meaning=(
            "At least one product cannot be ordered as asked for: it does not exist, is no longer sold, is priced in "
            "another currency than the rest, or may not be had in this number."
        ),
        remedy="Change or leave out the lines that `errors` names.",
        detail="1 of 2 lines cannot be ordered.",
        errors=[
            {
                "pointer": "/lines/0/product_id",
                "code": "product_unavailable",
                "detail": "This product cannot be ordered.",
            }
        ],
    ),
    ProblemType(
        code="too_many_unpaid_orders",
        status=409,
        title="Too many unpaid orders",
        meaning="A customer can have a limited number of orders that wait for payment. `params.allowed` is that number.",
        remedy="Pay for one of the open orders, cancel one, or wait until one expires.",
        detail="At most 50 orders can wait for payment at a time. Pay for one of them, or cancel it.",
        params={"allowed": 50},
    ),
    ProblemType(
        code="too_many_units_held",
        status=409,
        title="Too many unpaid units",
        meaning="A customer can hold a limited number of units of one product in orders that wait for payment."
        " `params.allowed` is that number.",
        remedy="Lower the quantities of the lines in `errors`, or pay for an open order first.",
        detail="At most 1000 units of a product can wait for payment at a time.",
        params={"allowed": 1000},
        errors=[
            {
                "pointer": "/lines/0/quantity",
                "code": "too_many_units_held",
                "detail": "900 units are held by unpaid orders, 200 requested.",
                "params": {"sku": "NW-0001", "requested": 200, "held": 900, "allowed": 1000},
            }
        ],
    ),
    ProblemType(
        code="email_not_verified",
        status=409,
        title="The e-mail address is not verified",
        meaning="An account claims guest orders, and in this shop also places orders, only with a verified address.",
        remedy="Request a verification message, and follow its link.",
        detail="Verify the e-mail address of the account first.",
    ),
    ProblemType(
        code="invalid_transition",
        status=409,
        title="The order's state does not permit this",
        meaning="What can be done with an order depends on its state; `params.allowed_actions` says what can be done now.",
        remedy="Read the order again and choose from its `allowed_actions`.",
        detail="An order with the status cancelled cannot take this action.",
        params={"from": "cancelled", "action": "cancel", "allowed_actions": []},
    ),
    ProblemType(
        code="order_disputed",
        status=409,
        title="The order is disputed",
        meaning="The customer's bank has charged a payment of the order back. Until that is decided, the order is neither"
        " shipped nor refunded nor canceled, so that the shop does not lose twice.",
        remedy="Wait for the decision. Staff can go on with `dispute_override` and a reason, which is recorded.",
        detail="A payment of this order is disputed. Staff can override that with a reason.",
    ),
    ProblemType(
        code="payment_in_progress",
        status=409,
        title="A payment is in progress",
        meaning="The order has a payment whose result is not known yet. Until it is, the order takes no other payment, so"
        " that nobody is charged twice.",
        remedy="Read the payment `params.payment_id` of the order until it is decided. If it has failed, pay again.",
        detail="Another payment of this order is not decided yet.",
        params={"payment_id": "0190f3c6-7d2a-7c31-9b0e-000000000006"},
    ),
    ProblemType(
        code="refund_exceeds_paid",
        status=409,
        title="More than was paid",
        meaning="An order's refunds never add up to more than was paid for it, refunds that are on their way included."
        " Only units that are left to ship are refunded by themselves; shipped ones are refunded with a return.",
        remedy="Refund at most `params.refundable`, in minor units of `params.currency`, or request a return.",
        detail="At most 5.00 USD can be refunded now.",
        params={"refundable": 500, "currency": "USD"},
    ),
)
