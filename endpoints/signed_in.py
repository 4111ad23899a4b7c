"""Who is signed in, and what they may do: as Django tells it, for queries that need not be built each time."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.contrib.sessions.backends import db
from django.db import connection
from django.utils import timezone

_SESSION = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s"
_USER = "SELECT * FROM auth_user WHERE id = %s"
_PERMISSIONS = """
SELECT kind.app_label, permission.codename
    FROM auth_permission permission JOIN django_content_type kind ON kind.id = permission.content_type_id
    WHERE permission.id IN (
        SELECT permission_id FROM auth_user_user_permissions WHERE user_id = %(user)s
        UNION ALL
        SELECT of_group.permission_id FROM auth_user_groups member
            JOIN auth_group_permissions of_group ON of_group.group_id = member.group_id WHERE member.user_id = %(user)s
    )
"""


class SessionStore(db.SessionStore):
    """Keeps the name: Django signs what is in a session with it."""

    def load(self) -> dict[str, Any]:
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        with connection.cursor() as cursor:
            cursor.execute(_SESSION, [self.session_key, now])
            found = cursor.fetchone()
        if found is None:
            self._session_key = None
            return {}
        return self.decode(found[0])


class Backend(ModelBackend):
    def get_user(self, user_id: Any) -> User | None:
        user = next(iter(User.objects.raw(_USER, [user_id])), None)
        return user if user and self.user_can_authenticate(user) else None

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        if user_obj.is_superuser or not user_obj.is_active or obj is not None:
            return super().get_all_permissions(user_obj, obj)
        if not hasattr(user_obj, "_perm_cache"):
            with connection.cursor() as cursor:
                cursor.execute(_PERMISSIONS, {"user": user_obj.pk})
                user_obj._perm_cache = {f"{app}.{codename}" for app, codename in cursor.fetchall()}
        found: set[str] = user_obj._perm_cache
        return found
