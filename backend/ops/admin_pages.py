"""Pages of the admin's lists: numbered, with a count, because a table shows "1–25 of 340".

In a module of its own: DRF imports pagination classes while views are still loading.
"""

from __future__ import annotations

from rest_framework.pagination import PageNumberPagination


class AdminPages(PageNumberPagination):
    page_size = 25
    page_size_query_param = "page_size"
    max_page_size = 100
