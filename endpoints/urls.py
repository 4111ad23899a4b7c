from django.urls import path, register_converter

from endpoints.pages import api_docs, help, live_banners, settings, shortcuts, tokens
from endpoints.pages.activity import export as activity_export
from endpoints.pages.activity import listing as activity
from endpoints.pages.addresses import address
from endpoints.pages.addresses import listing as addresses
from endpoints.pages.addresses import moves as address_moves
from endpoints.pages.addresses import new as address_new
from endpoints.pages.addresses import settings as address_settings
from endpoints.pages.alerts import channels as alert_channels
from endpoints.pages.alerts import listing as alerts
from endpoints.pages.alerts import settings as alert_settings
from endpoints.pages.content_logs import downloads, entry, keep, overview, purge
from endpoints.pages.content_logs import listing as content_logs
from endpoints.pages.endpoint import change_model, decisions, detail, edit
from endpoints.pages.endpoint_list import bulk, export, personal
from endpoints.pages.endpoint_list import listing as endpoint_list
from endpoints.pages.model_list import listing as model_list
from endpoints.pages.new_endpoint import wizard
from endpoints.pages.people import grants, groups, invitations, person, service_accounts
from endpoints.pages.people import listing as people
from endpoints.pages.people.names import Name
from endpoints.pages.resources import draft, keys, states
from endpoints.pages.resources import edit as resource
from endpoints.pages.resources import listing as resources
from endpoints.pages.row_numbers import RowNumber
from endpoints.pages.search import results
from endpoints.pages.try_it import page as try_it
from endpoints.pages.who_answers import actions as probe_actions
from endpoints.pages.who_answers import recordings as probe_recordings
from endpoints.pages.who_answers import trial as probe_trial

register_converter(RowNumber, "row")
register_converter(Name, "name")

app_name = "endpoints"

urlpatterns = [
    path("endpoints/", endpoint_list.endpoints, name="list"),
    path("endpoints/favorite/", personal.favorite, name="favorite"),
    path("endpoints/columns/", personal.columns, name="columns"),
    path("endpoints/views/", personal.views, name="views"),
    path("endpoints/views/<uuid:pk>/", personal.view, name="view"),
    path("endpoints/new/", wizard.new_endpoint, name="new"),
    path("endpoints/bulk/", bulk.bulk, name="bulk"),
    path("endpoints/bulk/<uuid:pk>/", bulk.progress, name="bulk-progress"),
    path("endpoints/bulk/<uuid:pk>/cancel/", bulk.cancel, name="bulk-cancel"),
    path("endpoints/export/", export.export, name="export"),
    path("endpoints/<uuid:pk>/", detail.detail, name="detail"),
    path("endpoints/<uuid:pk>/sample-code/", detail.sample_code, name="sample-code"),
    path("endpoints/<uuid:pk>/content-logging/", detail.content_logging, name="content-logging"),
    path("endpoints/<uuid:pk>/try-it/", try_it.try_it, name="try-it"),
    path("endpoints/<uuid:pk>/try-it/<uuid:trial>/", try_it.answers, name="try-it-answers"),
    path("endpoints/<uuid:pk>/history/", detail.history, name="history"),
    path("endpoints/<uuid:pk>/key/", detail.key, name="key"),
    path("endpoints/<uuid:pk>/change-model/", change_model.change_model, name="change-model"),
    path("endpoints/<uuid:pk>/edit/", edit.edit, name="edit"),
    path("endpoints/<uuid:pk>/delete/", edit.delete, name="delete"),
    path("endpoints/<uuid:pk>/go-back/", decisions.go_back, name="go-back"),
    path("endpoints/<uuid:pk>/remove-duplicate/", decisions.remove_duplicate, name="remove-duplicate"),
    path("endpoints/<uuid:pk>/dismiss/", decisions.dismiss, name="dismiss"),
    path("endpoints/<uuid:pk>/who-answers/", probe_recordings.upload, name="who-answers"),
    path("endpoints/<uuid:pk>/who-answers/logs/", probe_recordings.from_logs, name="who-answers-logs"),
    path("endpoints/<uuid:pk>/who-answers/check/", probe_actions.check, name="who-answers-check"),
    path("endpoints/<uuid:pk>/who-answers/remove/", probe_actions.remove, name="who-answers-remove"),
    path("endpoints/<uuid:pk>/who-answers/<uuid:trial>/", probe_trial.trial, name="who-answers-trial"),
    path("changes/<uuid:pk>/cancel/", decisions.cancel, name="change-cancel"),
    path("changes/<uuid:pk>/decide/", decisions.decide, name="change-decide"),
    path("endpoints/<uuid:pk>/logs/", content_logs.endpoint_logs, name="logs"),
    path("endpoints/<uuid:pk>/logs/refresh/", content_logs.refresh, name="logs-refresh"),
    path("endpoints/<uuid:pk>/logs/<row:entry>/", entry.log_entry, name="log-entry"),
    path("endpoints/<uuid:pk>/logs/<row:entry>/audio/", entry.audio, name="log-audio"),
    path("endpoints/<uuid:pk>/logs/<row:entry>/transcript/", entry.transcript, name="log-transcript"),
    path("endpoints/<uuid:pk>/logs/days/", keep.days, name="log-days"),
    path("endpoints/<uuid:pk>/logs/keep/", keep.keep, name="logs-keep"),
    path("endpoints/<uuid:pk>/logs/purge/", purge.ask, name="logs-purge"),
    path("purges/<uuid:pk>/", purge.purge, name="purge"),
    path("purges/<uuid:pk>/receipt/", purge.receipt, name="purge-receipt"),
    path("endpoints/<uuid:pk>/download/", downloads.download, name="download"),
    path("endpoints/<uuid:pk>/log-folder/", content_logs.folder, name="log-folder"),
    path("logs/", overview.overview, name="all-logs"),
    path("downloads/", downloads.downloads, name="downloads"),
    path("downloads/<uuid:pk>/cancel/", downloads.cancel, name="download-cancel"),
    path("downloads/<uuid:pk>/pause/", downloads.pause, name="download-pause"),
    path("downloads/<uuid:pk>/resume/", downloads.resume, name="download-resume"),
    path("downloads/<uuid:pk>/retry/", downloads.retry, name="download-retry"),
    path("downloads/<uuid:pk>/file/", downloads.download_file, name="download-file"),
    path("models/", model_list.models, name="models"),
    path("models/expirations.ics", model_list.expirations, name="calendar"),
    path("addresses/", addresses.addresses, name="addresses"),
    path("addresses/new/", address_new.new, name="address-new"),
    path("addresses/<slug:name>/", address.address, name="address"),
    path("addresses/<slug:name>/move/", address_moves.move, name="address-move"),
    path("addresses/<slug:name>/cancel/", address_moves.cancel, name="address-cancel"),
    path("addresses/<slug:name>/go-back/", address_moves.go_back, name="address-go-back"),
    path("addresses/<slug:name>/to-standby/", address_moves.to_standby, name="address-to-standby"),
    path("addresses/<slug:name>/share/", address_settings.share, name="address-share"),
    path("addresses/<slug:name>/take-back/", address_settings.take_back, name="address-take-back"),
    path("addresses/<slug:name>/standby/", address_settings.standby, name="address-standby"),
    path("addresses/<slug:name>/description/", address_settings.description, name="address-description"),
    path("addresses/<slug:name>/delete/", address_settings.delete, name="address-delete"),
    path("activity/", activity.activity, name="activity"),
    path("activity/export/", activity_export.export, name="activity-export"),
    path("alerts/", alerts.alerts, name="alerts"),
    path("alerts/read/", alerts.read, name="alerts-read"),
    path("alerts/settings/", alert_settings.settings, name="alert-settings"),
    path("alerts/choice/", alert_settings.choose, name="alert-choice"),
    path("alerts/channels/new/", alert_channels.new, name="alert-channel-new"),
    path("alerts/channels/<uuid:pk>/", alert_channels.channel, name="alert-channel"),
    path("alerts/channels/<uuid:pk>/test/", alert_channels.test, name="alert-channel-test"),
    path("alerts/channels/<uuid:pk>/secret/", alert_channels.secret, name="alert-channel-secret"),
    path("alerts/channels/<uuid:pk>/delete/", alert_channels.delete, name="alert-channel-delete"),
    path("banners/", live_banners.banners, name="banners"),
    path("resources/", resources.resources, name="resources"),
    path("resources/new/", resource.add, name="resource-new"),
    path("resources/drafts/<uuid:pk>/", draft.draft, name="resource-draft"),
    path("resources/<uuid:pk>/", resource.edit, name="resource-edit"),
    path("resources/<uuid:pk>/test/", resources.test, name="resource-test"),
    path("resources/<uuid:pk>/pause/", states.pause, name="resource-pause"),
    path("resources/<uuid:pk>/resume/", states.resume, name="resource-resume"),
    path("resources/<uuid:pk>/remove/", states.remove, name="resource-remove"),
    path("resources/<uuid:pk>/version/", resource.version, name="resource-version"),
    path("resources/<uuid:pk>/keys/", keys.keys, name="resource-keys"),
    path("resources/<uuid:pk>/hook/", resource.hook, name="resource-hook"),
    path("people/", people.people, name="people"),
    path("people/groups/", groups.groups, name="groups"),
    path("people/groups/<name:name>/grants/", grants.of_group, name="group-grants"),
    path("people/groups/<name:name>/", groups.group, name="group"),
    path("people/<name:name>/", person.person, name="person"),
    path("people/<name:name>/grants/", grants.of_person, name="person-grants"),
    path("people/<name:name>/password-link/", invitations.password_link, name="person-password-link"),
    path("invitations/new/", invitations.invite, name="invite"),
    path("service-accounts/new/", service_accounts.add, name="service-account"),
    path("people/<name:name>/tokens/", service_accounts.tokens, name="person-tokens"),
    path("people/<name:name>/sessions/", person.sessions, name="person-sessions"),
    path("people/<name:name>/active/", person.active, name="person-active"),
    path("people/<name:name>/second-factor/", person.second_factor, name="person-second-factor"),
    path("people/<name:name>/roles/", person.roles, name="person-roles"),
    path("settings/", settings.settings, name="settings"),
    path("settings/tokens/", tokens.tokens, name="tokens"),
    path("api/docs/", api_docs.docs, name="api-docs"),
    path("api/docs/<str:name>", api_docs.file, name="api-docs-file"),
    path("help/", help.help_page, name="help"),
    path("search/", results.search, name="search"),
    path("shortcuts/", shortcuts.shortcuts, name="shortcuts"),
]
