"""The definitions of v3.2 as tables, in the notation of notation.py.

Source: the definitions in the published specification of v3.2, in this project's own words.
"""

from __future__ import annotations

DATES = "createdDateTime:date-time! lastActionDateTime:date-time!"
STATEFUL = f"self:uri! status:Status {DATES}"
UPDATABLE_TEXTS = "displayName:string description:string customProperties:{string}"
NAMED = "*displayName:text description:string"
LOCALIZED = f"{NAMED} *locale:text"
CUSTOM = "customProperties:{string}"
PROJECT = "project:EntityReference"
FEATURES = (
    "supportsTranscriptions:boolean! supportsEndpoints:boolean! supportsTranscriptionsOnSpeechContainers:boolean!"
    " supportedOutputFormats:[OutputFormatType]!"
)
EVENT_ENTITIES = ("dataset", "model", "evaluation", "transcription", "endpoint")
EVENT_STAGES = ("Creation", "Processing", "Completion", "Deletion")
EVENTS = " ".join(f"{entity}{moment}:boolean" for entity in EVENT_ENTITIES for moment in EVENT_STAGES)

_RATES = ("wordErrorRate", "sentenceErrorRate", "tokenErrorRate")
_COUNTS = (
    *("sentenceCount", "wordCount", "correctWordCount", "wordSubstitutionCount", "wordDeletionCount"),
    *("wordInsertionCount", "tokenCount", "correctTokenCount", "tokenSubstitutionCount", "tokenDeletionCount"),
    "tokenInsertionCount",
)
_SCORES = " ".join(
    " ".join(
        [f"{name}{number}:double!" for name in _RATES]
        + [f"{name}{number}:int32!" for name in _COUNTS]
        + [f"tokenErrors{number}:TokenDetailedErrors"]
    )
    for number in (1, 2)
)
_PUNCTUATION = {
    "comma": ("ExclamationMark", "None", "Period", "QuestionMark", "Unknown"),
    "exclamationMark": ("Comma", "None", "Period", "QuestionMark", "Unknown"),
    "none": ("Comma", "ExclamationMark", "Period", "QuestionMark", "Unknown"),
    "period": ("Comma", "ExclamationMark", "None", "QuestionMark", "Unknown"),
    "questionMark": ("Comma", "ExclamationMark", "None", "Period", "Unknown"),
    "unknown": ("Comma", "ExclamationMark", "None", "Period", "QuestionMark"),
}
_PUNCTUATION_CHANGES = " ".join(
    f"{mark}To{other}:EditsSummary" for mark, others in _PUNCTUATION.items() for other in others
)
_EDITS = "numberOfEdits:int32 percentageOfAllEdits:double"


def edits(names: str) -> str:
    return " ".join(f"{name}:EditsSummary" for name in names.split())


def page(entity: str) -> str:
    """A page: its values are read-only; @nextLink is omitted, or null, on the last page."""
    return f"values:[{entity}]! @nextLink:uri!"


# A definition whose name ends in "!" is read-only wherever it is used.
DEFINITIONS: dict[str, str] = {
    "EntityReference": "*self:uri",
    "EntityError!": "code:string! message:string!",
    "Error": "code:ErrorCode message:string target:string details:[Error] innerError:InnerError",
    "InnerError": "code:DetailedErrorCode message:string target:string details:{string} innerError:InnerError",
    # endpoints
    "Endpoint": f"{LOCALIZED} {STATEFUL} links:EndpointLinks properties:EndpointProperties text:string"
    f" model:EntityReference {PROJECT} {CUSTOM}",
    "EndpointUpdate": f"{UPDATABLE_TEXTS} model:EntityReference properties:EndpointPropertiesUpdate {PROJECT}",
    "EndpointProperties": "loggingEnabled:boolean timeToLive:string email:string error:EntityError",
    "EndpointPropertiesUpdate": "contentLoggingEnabled:boolean",
    "EndpointLinks!": "restInteractive:uri! restConversation:uri! restDictation:uri! webSocketInteractive:uri!"
    " webSocketConversation:uri! webSocketDictation:uri! logs:uri!",
    # models
    "BaseModel": f"{LOCALIZED} {STATEFUL} links:BaseModelLinks properties:BaseModelProperties",
    "BaseModelProperties": "deprecationDates:BaseModelDeprecationDates features:BaseModelFeatures"
    " chargeForAdaptation:boolean!",
    "BaseModelDeprecationDates": "adaptationDateTime:date-time! transcriptionDateTime:date-time!",
    "BaseModelFeatures": f"{FEATURES} supportsAdaptationsWith:[DatasetKind]!",
    "BaseModelLinks": "manifest:uri!",
    "CustomModel": f"{LOCALIZED} {STATEFUL} links:CustomModelLinks properties:CustomModelProperties {PROJECT}"
    f" text:string baseModel:EntityReference datasets:[EntityReference] {CUSTOM}",
    "CustomModelProperties": "customModelWeightPercent:int32(1..100) deprecationDates:CustomModelDeprecationDates"
    " features:CustomModelFeatures email:string error:EntityError",
    "CustomModelDeprecationDates!": "transcriptionDateTime:date-time!",
    "CustomModelFeatures!": FEATURES,
    "CustomModelLinks!": "copyTo:uri! copy:uri! files:uri! manifest:uri!",
    "ModelUpdate": f"{UPDATABLE_TEXTS} {PROJECT}",
    "ModelManifest": "*model:EntityReference *modelFiles:[ModelFile] *properties:{any}",
    "ModelFile": "name:string! contentUrl:uri!",
    "ModelCopyAuthorizationDefinition": "*sourceResourceId:text",
    "ModelCopyAuthorization": "*targetResourceRegion:text *targetResourceId:text *targetResourceEndpoint:text"
    " *sourceResourceId:text *expirationDateTime:date-time *id:text",
    "Operation": f"*id:uuid result:OperationResult error:EntityError {STATEFUL}",
    "OperationResult!": "link:uri!",
    # files
    "File": "name:string! self:uri! kind:FileKind createdDateTime:date-time! links:FileLinks properties:FileProperties",
    "FileLinks": "contentUrl:uri!",
    "FileProperties": "size:int64! duration:string!",
    # projects, and what their sub-lists hold
    "Project": f"{LOCALIZED} self:uri! createdDateTime:date-time! links:ProjectLinks properties:ProjectProperties"
    f" {CUSTOM}",
    "ProjectUpdate": UPDATABLE_TEXTS,
    "ProjectProperties!": "datasetCount:int32! evaluationCount:int32! modelCount:int32! transcriptionCount:int32!"
    " endpointCount:int32!",
    "ProjectLinks!": "evaluations:uri! datasets:uri! models:uri! endpoints:uri! transcriptions:uri!",
    "Dataset": f"{LOCALIZED} {STATEFUL} *kind:DatasetKind links:DatasetLinks properties:DatasetProperties"
    f" contentUrl:uri {PROJECT} {CUSTOM}",
    "DatasetLinks!": "files:uri! commitBlocks:uri! listBlocks:uri! uploadBlocks:uri!",
    "DatasetProperties": "textNormalizationKind:TextNormalizationKind acceptedLineCount:int32!"
    " rejectedLineCount:int32! duration:string! email:string error:EntityError",
    "Evaluation": f"{LOCALIZED} {STATEFUL} *model1:EntityReference *model2:EntityReference"
    " transcription1:EntityReference transcription2:EntityReference *dataset:EntityReference links:EvaluationLinks"
    f" properties:EvaluationProperties {PROJECT} {CUSTOM}",
    "EvaluationLinks!": "files:uri!",
    "EvaluationProperties!": f"{_SCORES} email:string error:EntityError",
    "TokenDetailedErrors!": "punctuation:PunctuationErrors capitalization:CapitalizationErrors"
    " inverseTextNormalization:InverseTextNormalizationErrors lexical:EditsSummary others:EditsSummary",
    "PunctuationErrors": f"{_EDITS} details:PunctuationSubgroups",
    "PunctuationSubgroups": f"{_PUNCTUATION_CHANGES} {edits('punctuationOthers questionMark')}",
    "CapitalizationErrors": f"{_EDITS} details:CapitalizationSubgroups",
    "CapitalizationSubgroups": edits("lowerCaseToUpperCase upperCaseToLowerCase capitalizationOthers"),
    "InverseTextNormalizationErrors": f"{_EDITS} details:InverseTextNormalizationSubgroups",
    "InverseTextNormalizationSubgroups": edits(
        "alphaNumeric decimalNumbers mathematical currency numerical ordinalNumbers word"
    ),
    "EditsSummary": _EDITS,
    "Transcription": f"{LOCALIZED} {STATEFUL} links:TranscriptionLinks properties:TranscriptionProperties"
    f" model:EntityReference dataset:EntityReference contentUrls:[uri] contentContainerUrl:uri {PROJECT} {CUSTOM}",
    "TranscriptionLinks!": "files:uri!",
    "TranscriptionProperties": "wordLevelTimestampsEnabled:boolean displayFormWordLevelTimestampsEnabled:boolean"
    " duration:string! channels:[int32] destinationContainerUrl:uri punctuationMode:PunctuationMode"
    " profanityFilterMode:ProfanityFilterMode timeToLive:string email:string error:EntityError"
    " diarizationEnabled:boolean diarization:DiarizationProperties"
    " languageIdentification:LanguageIdentificationProperties",
    "DiarizationProperties": "*speakers:DiarizationSpeakersProperties",
    "DiarizationSpeakersProperties": "minCount:int32(1..) maxCount:int32(1..)",
    "LanguageIdentificationProperties": "mode:LanguageIdentificationMode *candidateLocales:[string]"
    " speechModelMapping:{EntityReference}",
    # web hooks
    "WebHook": f"{NAMED} {STATEFUL} *webUrl:uri *events:WebHookEvents links:WebHookLinks properties:WebHookProperties"
    f" {CUSTOM}",
    "WebHookUpdate": f"{UPDATABLE_TEXTS} webUrl:uri events:WebHookEvents properties:WebHookPropertiesUpdate",
    "WebHookProperties": "error:EntityError apiVersion:string! secret:string",
    "WebHookPropertiesUpdate": "secret:string",
    "WebHookEvents": f"{EVENTS} ping:boolean challenge:boolean",
    "WebHookLinks!": "ping:uri! test:uri!",
    # pages
    "PaginatedEndpoints": page("Endpoint"),
    "PaginatedBaseModels": page("BaseModel"),
    "PaginatedCustomModels": page("CustomModel"),
    "PaginatedFiles": page("File"),
    "PaginatedProjects": page("Project"),
    "PaginatedDatasets": page("Dataset"),
    "PaginatedEvaluations": page("Evaluation"),
    "PaginatedTranscriptions": page("Transcription"),
    "PaginatedWebHooks": page("WebHook"),
}

# Descriptions of what names do not say, by definition or definition.property.
NOTES: dict[str, str] = {
    "Endpoint": "A deployment of one model that serves recognition requests. Its id is the last path segment of self.",
    "Endpoint.lastActionDateTime": "When the present status was entered, not when the entity was last changed.",
    "EndpointProperties.timeToLive": "ISO 8601 duration from completion to automatic deletion; at most 31 days.",
    "EndpointPropertiesUpdate.contentLoggingEnabled": "The name in updates only; loggingEnabled elsewhere.",
    "BaseModelDeprecationDates.transcriptionDateTime": "The day on which recognition with the model ends.",
    "CustomModelDeprecationDates.transcriptionDateTime": "The day on which recognition with the model ends.",
    "FileLinks.contentUrl": "Anyone who has it can read the file until its signature expires.",
    "WebHookProperties.secret": "The key of the signature. An update without it ends the signing.",
    "Error": "The body of all errors, except those of the gateway: {error: {code, message}}.",
}
