"""The operations of v3.2 as a table. Source: the paths of the v3.2 contract; Operations_GetModelCopy is where the
Operation-Location of Models_Copy leads, outside the part of the contract that the rest is from.

A row: method, path, operation id, then words in any order: `?name` a query parameter (`?page=KIND` stands for skip,
top and a filter with the properties of FILTERS; `?sas` for how long links to files work), `<Name` the body,
`status:Type+Header` an answer, and after `#` what it does.
"""

from __future__ import annotations

WORKED = "displayName description createdDateTime lastActionDateTime status locale"
FILTERS: dict[str, str] = {
    "worked": WORKED,
    "dataset": f"{WORKED} kind",
    "project": "displayName description createdDateTime locale",
    "hook": "displayName description createdDateTime lastActionDateTime status webUrl",
    "file": "name createdDateTime kind",
}

ENDPOINTS = """
GET /endpoints/locales Endpoints_ListSupportedLocales 200:[string] # Languages that endpoints can have
GET /endpoints Endpoints_List ?page=worked 200:PaginatedEndpoints+Retry-After # A page of endpoints
POST /endpoints Endpoints_Create <Endpoint 201:Endpoint+Location # Begin to deploy a model
GET /endpoints/{id} Endpoints_Get 200:Endpoint+Retry-After # One endpoint
DELETE /endpoints/{id} Endpoints_Delete 204 # Take an endpoint away
PATCH /endpoints/{id} Endpoints_Update <EndpointUpdate 200:Endpoint+Retry-After # Change an endpoint, or its model
"""

LOGS = """
GET /endpoints/{id}/files/logs Endpoints_ListLogs ?sas ?skipToken ?top 200:PaginatedFiles+Retry-After # A page of logs
DELETE /endpoints/{id}/files/logs Endpoints_DeleteLogs ?endDate 202 # Begin to delete the logs up to a day, or all
GET /endpoints/{id}/files/logs/{logId} Endpoints_GetLog ?sas 200:File # One log file
DELETE /endpoints/{id}/files/logs/{logId} Endpoints_DeleteLog 204 # Delete one log file
GET /endpoints/base/{locale}/files/logs Endpoints_ListBaseModelLogs ?sas ?skipToken ?top 200:PaginatedFiles # As above
DELETE /endpoints/base/{locale}/files/logs Endpoints_DeleteBaseModelLogs ?endDate 202 # As above, for a base model
GET /endpoints/base/{locale}/files/logs/{logId} Endpoints_GetBaseModelLog ?sas 200:File # One log of a base model
DELETE /endpoints/base/{locale}/files/logs/{logId} Endpoints_DeleteBaseModelLog 204 # Delete a log of a base model
"""

MODELS = """
GET /models/locales Models_ListSupportedLocales 200:[string] # Languages that models can be adapted to
GET /models Models_ListCustomModels ?page=worked 200:PaginatedCustomModels+Retry-After # Custom models
POST /models Models_Create <CustomModel 201:CustomModel+Location # Begin to make a custom model
GET /models/base Models_ListBaseModels ?page=worked 200:PaginatedBaseModels # Base models
GET /models/{id} Models_GetCustomModel 200:CustomModel+Retry-After # One custom model
PATCH /models/{id} Models_Update <ModelUpdate 200:CustomModel+Retry-After # Change what a custom model is called
DELETE /models/{id} Models_Delete 204 # Take a custom model away; none there is the same
GET /models/base/{id} Models_GetBaseModel 200:BaseModel # One base model
POST /models/{id}:copy Models_Copy <ModelCopyAuthorization 202:Operation+Retry-After+Operation-Location # Begin a copy
POST /models:authorizecopy Models_AuthorizeCopy <ModelCopyAuthorizationDefinition 200:ModelCopyAuthorization # Let copy
GET /models/{id}/manifest Models_GetCustomModelManifest ?sas 200:ModelManifest # What a container needs of a model
GET /models/base/{id}/manifest Models_GetBaseModelManifest ?sas 200:ModelManifest # The same of a base model
GET /models/{id}/files Models_ListFiles ?sas ?page=file 200:PaginatedFiles+Retry-After # Files of a model
GET /models/{id}/files/{fileId} Models_GetFile ?sas 200:File # One file of a model
GET /operations/models/copy/{id} Operations_GetModelCopy 200:Operation+Retry-After # How far a copy is
"""

PROJECTS = """
GET /projects/locales Projects_ListSupportedLocales 200:[string] # Languages that projects can have
GET /projects Projects_List ?page=project 200:PaginatedProjects # A page of projects
POST /projects Projects_Create <Project 201:Project+Location # Make a project
GET /projects/{id} Projects_Get 200:Project # One project
PATCH /projects/{id} Projects_Update <ProjectUpdate 200:Project # Change what a project is called
DELETE /projects/{id} Projects_Delete 204 # Take a project away; none there is the same
GET /projects/{id}/evaluations Projects_ListEvaluations ?page=worked 200:PaginatedEvaluations+Retry-After
GET /projects/{id}/datasets Projects_ListDatasets ?page=dataset 200:PaginatedDatasets+Retry-After
GET /projects/{id}/endpoints Projects_ListEndpoints ?page=worked 200:PaginatedEndpoints+Retry-After
GET /projects/{id}/models Projects_ListModels ?page=worked 200:PaginatedCustomModels+Retry-After
GET /projects/{id}/transcriptions Projects_ListTranscriptions ?page=worked 200:PaginatedTranscriptions+Retry-After
"""

WEB_HOOKS = """
GET /webhooks WebHooks_List ?page=hook 200:PaginatedWebHooks+Retry-After # A page of web hooks
POST /webhooks WebHooks_Create <WebHook 201:WebHook+Location # Have events sent to an address
GET /webhooks/{id} WebHooks_Get 200:WebHook+Retry-After # One web hook
PATCH /webhooks/{id} WebHooks_Update <WebHookUpdate 200:WebHook+Retry-After # Change a web hook, its secret included
DELETE /webhooks/{id} WebHooks_Delete 204 # Send no more events
POST /webhooks/{id}:ping WebHooks_Ping 202:+Retry-After # Have a ping sent
POST /webhooks/{id}:test WebHooks_Test 202:+Retry-After 204 # Have the newest fitting event sent, if there is one
"""
