from django.urls import path

from endpoints.views import change_model, decisions, detail, downloads, edit, listing, overview, resources, wizard

app_name = "endpoints"

urlpatterns = [
    path("endpoints/", listing.endpoints, name="list"),
    path("endpoints/new/", wizard.new_endpoint, name="new"),
    path("endpoints/<uuid:pk>/", detail.detail, name="detail"),
    path("endpoints/<uuid:pk>/key/", detail.key, name="key"),
    path("endpoints/<uuid:pk>/change-model/", change_model.change_model, name="change-model"),
    path("endpoints/<uuid:pk>/edit/", edit.edit, name="edit"),
    path("endpoints/<uuid:pk>/delete/", edit.delete, name="delete"),
    path("endpoints/<uuid:pk>/go-back/", decisions.go_back, name="go-back"),
    path("changes/<uuid:pk>/cancel/", decisions.cancel, name="change-cancel"),
    path("changes/<uuid:pk>/decide/", decisions.decide, name="change-decide"),
    path("endpoints/<uuid:pk>/logs/", downloads.endpoint_logs, name="logs"),
    path("endpoints/<uuid:pk>/download/", downloads.download, name="download"),
    path("endpoints/<uuid:pk>/log-folder/", downloads.folder, name="log-folder"),
    path("downloads/", downloads.downloads, name="downloads"),
    path("downloads/<uuid:pk>/cancel/", downloads.cancel, name="download-cancel"),
    path("downloads/<uuid:pk>/file/", downloads.download_file, name="download-file"),
    path("models/", overview.models, name="models"),
    path("activity/", overview.activity, name="activity"),
    path("resources/", resources.resources, name="resources"),
    path("resources/new/", resources.edit, name="resource-new"),
    path("resources/<uuid:pk>/", resources.edit, name="resource-edit"),
    path("resources/<uuid:pk>/hook/", resources.hook, name="resource-hook"),
]
