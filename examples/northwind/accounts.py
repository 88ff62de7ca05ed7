"""Sign up and log in the customers of the demo."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus

from examples.northwind.client import Client, side_by_side
from examples.northwind.data import NorthwindCustomer
from examples.northwind.failures import DemoFailed, refusal

PHRASE = "Steelyard's demo shop, open to everybody"


def password_of(customer: NorthwindCustomer) -> str:
    """Return the password of a customer in the demo. The password is the same in all runs, and is not secret."""
    return hashlib.sha256(f"{PHRASE}: {customer.id}".encode()).hexdigest()[:24]


async def log_in_all(
    client: Client, customers: Sequence[NorthwindCustomer], *, progress: Callable[[], None]
) -> Mapping[str, str]:
    """Sign up customers that have no account. Return the access tokens of all customers by Northwind id.

    Raises DemoFailed.
    """

    async def log_in(customer: NorthwindCustomer) -> tuple[str, str]:
        password = password_of(customer)
        body = {
            "email": customer.email,
            "full_name": customer.full_name,
            "password": password,
            "password_confirm": password,
        }
        response = await client.send("POST", "/v1/users", json=body)
        if response.status_code not in {HTTPStatus.CREATED, HTTPStatus.CONFLICT}:
            raise DemoFailed(f"{customer.email} could not sign up: {refusal(response)}.")
        form = {"grant_type": "password", "username": customer.email, "password": password}
        response = await client.send("POST", "/token", data=form)
        if response.status_code != HTTPStatus.OK:
            raise DemoFailed(f"{customer.email} could not log in: {refusal(response)}.")
        progress()
        return customer.id, response.json()["access_token"]

    return dict(await side_by_side(log_in, customers))
