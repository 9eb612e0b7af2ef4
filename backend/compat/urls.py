"""/chat, /api/v1/…, /office/…, /character/…: at the very addresses that old clients know, without a slash at the end."""

from __future__ import annotations

from django.urls import path

from backend.compat import views

urlpatterns = [
    path("chat", views.ChatDoor.as_view()),
    path("api/v1/chat", views.LLMServerDoor.as_view()),
    path("api/v1/token_check", views.TokenCheckDoor.as_view()),
    path("office/Llama", views.OfficeDoor.as_view()),
    path("office/performance", views.LanePerformance.as_view(lane="office"), name="office-performance"),
    path("character/Llama", views.CharacterDoor.as_view()),
    path("character/performance", views.LanePerformance.as_view(lane="character"), name="character-performance"),
]
