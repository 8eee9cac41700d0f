"""The tables of orders."""

from django.db import models


class Order(models.Model):
    """An order of a book."""

    title = models.CharField(max_length=200)
    quantity = models.IntegerField()

    def __str__(self) -> str:
        """Name the order."""
        return f"{self.quantity} x {self.title}"
