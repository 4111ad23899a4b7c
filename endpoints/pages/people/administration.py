"""Django's administration of users and groups, for superusers: what is changed there is recorded, too."""

from typing import Any

from django.contrib.admin import ModelAdmin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse

from endpoints.access import administration
from endpoints.pages.http import HttpRequest


class _RecordsDeletions(ModelAdmin):  # type: ignore[type-arg]  # Django's takes none at run time
    @transaction.atomic
    def delete_model(self, request: HttpRequest, obj: Any) -> None:  # type: ignore[override]  # our request
        administration.record_deleted(obj, actor=request.user)
        super().delete_model(request, obj)

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> None:  # type: ignore[override]  # our request
        for row in queryset:
            administration.record_deleted(row, actor=request.user)
        super().delete_queryset(request, queryset)


class RecordedUserAdmin(_RecordsDeletions, UserAdmin):  # type: ignore[type-arg]  # Django's takes none at run time
    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:  # type: ignore[override]  # our request
        form.account_before = administration.Account.now(obj.pk) if change else None
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # type: ignore[override]  # our request
        super().save_related(request, form, formsets, change)
        administration.record_account(form.instance, form.account_before, actor=request.user)

    @transaction.atomic
    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # type: ignore[override]  # our request
        before = administration.password_now(id)
        answer = super().user_change_password(request, id, form_url)
        administration.record_password(id, before, actor=request.user)
        return answer


class RecordedGroupAdmin(_RecordsDeletions, GroupAdmin):
    def save_model(self, request: HttpRequest, obj: Group, form: Any, change: bool) -> None:  # type: ignore[override]  # our request
        form.group_before = administration.group_now(obj.pk) if change else None
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # type: ignore[override]  # our request
        super().save_related(request, form, formsets, change)
        administration.record_group(form.instance, form.group_before, actor=request.user)
