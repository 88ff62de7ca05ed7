"""The demo shop: Northwind's catalog, customers and orders, run through the service and reconciled to the cent."""
