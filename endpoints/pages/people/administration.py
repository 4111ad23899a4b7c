"""Django's administration of users, for superusers: a change of roles there is recorded, too."""

from typing import Any

from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User

from endpoints.access.people import record_roles, roles_held
from endpoints.pages.http import HttpRequest


class RecordedUserAdmin(UserAdmin):  # type: ignore[type-arg]  # Django's takes none at run time
    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:  # type: ignore[override]  # our request
        form.roles_before = roles_held(obj.pk) if change else set()
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # type: ignore[override]  # our request
        super().save_related(request, form, formsets, change)
        record_roles(form.instance, form.roles_before, actor=request.user)
