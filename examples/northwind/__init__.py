"""The demo shop: the catalog, customers and orders of Northwind.

The demo sends these data through the service, and reconciles every cent.
"""
