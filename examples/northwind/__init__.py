"""The demo shop: Northwind's catalogue, customers and orders, run through the service and reconciled to the cent."""
