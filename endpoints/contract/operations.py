"""The operations of v3.2 as a table. Source: the paths in the published specification of v3.2.

Each line: method, path, operation id, then in any order: `?name` a query parameter (`?page=KIND` means skip, top and a
filter with the properties in FILTERS; `?sas` the validity of content URLs), `<Name` the body, `status:Type+Header` a
response, and after `#` a summary.
"""

from __future__ import annotations

STATUS_FILTER = "displayName description createdDateTime lastActionDateTime status locale"
FILTERS: dict[str, str] = {
    "status": STATUS_FILTER,
    "dataset": f"{STATUS_FILTER} kind",
    "project": "displayName description createdDateTime locale",
    "hook": "displayName description createdDateTime lastActionDateTime status webUrl",
    "file": "name createdDateTime kind",
}

ENDPOINTS = """
GET /endpoints/locales Endpoints_ListSupportedLocales 200:[string] # Locales of endpoints
GET /endpoints Endpoints_List ?page=status 200:PaginatedEndpoints+Retry-After # A page of endpoints
POST /endpoints Endpoints_Create <Endpoint 201:Endpoint+Location # Deploy a model
GET /endpoints/{id} Endpoints_Get 200:Endpoint+Retry-After # One endpoint
DELETE /endpoints/{id} Endpoints_Delete 204 # Delete an endpoint
PATCH /endpoints/{id} Endpoints_Update <EndpointUpdate 200:Endpoint+Retry-After # Change an endpoint or its model
"""

LOGS = """
GET /endpoints/{id}/files/logs Endpoints_ListLogs ?sas ?skipToken ?top 200:PaginatedFiles+Retry-After # A page of logs
DELETE /endpoints/{id}/files/logs Endpoints_DeleteLogs ?endDate 202 # Delete the logs up to a day, or all
GET /endpoints/{id}/files/logs/{logId} Endpoints_GetLog ?sas 200:File # One log file
DELETE /endpoints/{id}/files/logs/{logId} Endpoints_DeleteLog 204 # Delete one log file
GET /endpoints/base/{locale}/files/logs Endpoints_ListBaseModelLogs ?sas ?skipToken ?top 200:PaginatedFiles # As above
DELETE /endpoints/base/{locale}/files/logs Endpoints_DeleteBaseModelLogs ?endDate 202 # As above, for a base model
GET /endpoints/base/{locale}/files/logs/{logId} Endpoints_GetBaseModelLog ?sas 200:File # One log of a base model
DELETE /endpoints/base/{locale}/files/logs/{logId} Endpoints_DeleteBaseModelLog 204 # Delete a log of a base model
"""

MODELS = """
GET /models/locales Models_ListSupportedLocales 200:[string] # Locales of custom models
GET /models Models_ListCustomModels ?page=status 200:PaginatedCustomModels+Retry-After # Custom models
POST /models Models_Create <CustomModel 201:CustomModel+Location # Train a custom model
GET /models/base Models_ListBaseModels ?page=status 200:PaginatedBaseModels # Base models
GET /models/{id} Models_GetCustomModel 200:CustomModel+Retry-After # One custom model
PATCH /models/{id} Models_Update <ModelUpdate 200:CustomModel+Retry-After # Change the name of a custom model
DELETE /models/{id} Models_Delete 204 # Delete a custom model, if it exists
GET /models/base/{id} Models_GetBaseModel 200:BaseModel # One base model
POST /models/{id}:copy Models_Copy <ModelCopyAuthorization 202:Operation+Retry-After+Operation-Location # Copy a model
POST /models:authorizecopy Models_AuthorizeCopy <ModelCopyAuthorizationDefinition 200:ModelCopyAuthorization # Permit
GET /models/{id}/manifest Models_GetCustomModelManifest ?sas 200:ModelManifest # Files for a container
GET /models/base/{id}/manifest Models_GetBaseModelManifest ?sas 200:ModelManifest # Files for a container
GET /models/{id}/files Models_ListFiles ?sas ?page=file 200:PaginatedFiles+Retry-After # Files of a model
GET /models/{id}/files/{fileId} Models_GetFile ?sas 200:File # One file of a model
GET /operations/models/copy/{id} Operations_GetModelCopy 200:Operation+Retry-After # The state of a copy
"""

PROJECTS = """
GET /projects/locales Projects_ListSupportedLocales 200:[string] # Locales of projects
GET /projects Projects_List ?page=project 200:PaginatedProjects # A page of projects
POST /projects Projects_Create <Project 201:Project+Location # Create a project
GET /projects/{id} Projects_Get 200:Project # One project
PATCH /projects/{id} Projects_Update <ProjectUpdate 200:Project # Change the name of a project
DELETE /projects/{id} Projects_Delete 204 # Delete a project, if it exists
GET /projects/{id}/evaluations Projects_ListEvaluations ?page=status 200:PaginatedEvaluations+Retry-After
GET /projects/{id}/datasets Projects_ListDatasets ?page=dataset 200:PaginatedDatasets+Retry-After
GET /projects/{id}/endpoints Projects_ListEndpoints ?page=status 200:PaginatedEndpoints+Retry-After
GET /projects/{id}/models Projects_ListModels ?page=status 200:PaginatedCustomModels+Retry-After
GET /projects/{id}/transcriptions Projects_ListTranscriptions ?page=status 200:PaginatedTranscriptions+Retry-After
"""

WEB_HOOKS = """
GET /webhooks WebHooks_List ?page=hook 200:PaginatedWebHooks+Retry-After # A page of web hooks
POST /webhooks WebHooks_Create <WebHook 201:WebHook+Location # Create a web hook
GET /webhooks/{id} WebHooks_Get 200:WebHook+Retry-After # One web hook
PATCH /webhooks/{id} WebHooks_Update <WebHookUpdate 200:WebHook+Retry-After # Change a web hook and its secret
DELETE /webhooks/{id} WebHooks_Delete 204 # Delete a web hook
POST /webhooks/{id}:ping WebHooks_Ping 202:+Retry-After # Send a ping
POST /webhooks/{id}:test WebHooks_Test 202:+Retry-After 204 # Send the latest events again
"""
