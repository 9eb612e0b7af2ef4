"""/api/auth/…"""

from __future__ import annotations

from django.urls import path

from backend.accounts import key_views, login_views, views

urlpatterns = [
    path("setup/", views.SetupView.as_view()),
    path("register/", views.RegisterView.as_view()),
    path("login/", views.LoginView.as_view()),
    path("logout/", views.LogoutView.as_view()),
    path("logout-all/", views.LogoutAllView.as_view()),
    path("logout-others/", login_views.LogoutOthersView.as_view()),
    path("logins/", login_views.LoginsView.as_view()),
    path("logins/<int:pk>/", login_views.KnownLoginView.as_view()),
    path("me/", views.MeView.as_view()),
    path("password/", views.PasswordView.as_view()),
    path("invites/", views.InviteView.as_view()),
    path("keys/", key_views.KeysView.as_view()),
    path("keys/<int:pk>/", key_views.KeyView.as_view()),
    path("keys/<int:pk>/rotate/", key_views.KeyRotationView.as_view()),
]
