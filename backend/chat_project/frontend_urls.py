"""Everything that no other route took. Must be included last."""

from django.urls import re_path

from backend.chat_project.frontend import page

urlpatterns = [re_path(r"^(?P<path>.*)$", page)]
