"""The nouns of v3.2 as tables, in the notation of notation.py. Source: the definitions of the v3.2 contract."""

from __future__ import annotations

DATES = "createdDateTime:date-time! lastActionDateTime:date-time!"
ENTITY = f"self:uri! status:Status {DATES}"
TEXTS = "displayName:string description:string customProperties:{string}"
NAMED = "*displayName:text description:string"
NAMED_HERE = f"{NAMED} *locale:text"
CUSTOM = "customProperties:{string}"
PROJECT = "project:EntityReference"
FEATURES = (
    "supportsTranscriptions:boolean! supportsEndpoints:boolean! supportsTranscriptionsOnSpeechContainers:boolean!"
    " supportedOutputFormats:[OutputFormatType]!"
)
NOUNS = ("dataset", "model", "evaluation", "transcription", "endpoint")
MOMENTS = ("Creation", "Processing", "Completion", "Deletion")
EVENTS = " ".join(f"{noun}{moment}:boolean" for noun in NOUNS for moment in MOMENTS)

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
_MARKS = {
    "comma": ("ExclamationMark", "None", "Period", "QuestionMark", "Unknown"),
    "exclamationMark": ("Comma", "None", "Period", "QuestionMark", "Unknown"),
    "none": ("Comma", "ExclamationMark", "Period", "QuestionMark", "Unknown"),
    "period": ("Comma", "ExclamationMark", "None", "QuestionMark", "Unknown"),
    "questionMark": ("Comma", "ExclamationMark", "None", "Period", "Unknown"),
    "unknown": ("Comma", "ExclamationMark", "None", "Period", "QuestionMark"),
}
_SWAPS = " ".join(f"{mark}To{other}:EditsSummary" for mark, others in _MARKS.items() for other in others)
_EDITS = "numberOfEdits:int32 percentageOfAllEdits:double"


def edits(names: str) -> str:
    return " ".join(f"{name}:EditsSummary" for name in names.split())


def page(noun: str) -> str:
    """A page's values are written by the service alone; @nextLink is left out, or null, on the last page."""
    return f"values:[{noun}]! @nextLink:uri!"


# A name with "!" is written by the service alone, wherever it stands.
ENTITIES: dict[str, str] = {
    "EntityReference": "*self:uri",
    "EntityError!": "code:string! message:string!",
    "Error": "code:ErrorCode message:string target:string details:[Error] innerError:InnerError",
    "InnerError": "code:DetailedErrorCode message:string target:string details:{string} innerError:InnerError",
    # endpoints
    "Endpoint": f"{NAMED_HERE} {ENTITY} links:EndpointLinks properties:EndpointProperties text:string"
    f" model:EntityReference {PROJECT} {CUSTOM}",
    "EndpointUpdate": f"{TEXTS} model:EntityReference properties:EndpointPropertiesUpdate {PROJECT}",
    "EndpointProperties": "loggingEnabled:boolean timeToLive:string email:string error:EntityError",
    "EndpointPropertiesUpdate": "contentLoggingEnabled:boolean",
    "EndpointLinks!": "restInteractive:uri! restConversation:uri! restDictation:uri! webSocketInteractive:uri!"
    " webSocketConversation:uri! webSocketDictation:uri! logs:uri!",
    # models
    "BaseModel": f"{NAMED_HERE} {ENTITY} links:BaseModelLinks properties:BaseModelProperties",
    "BaseModelProperties": "deprecationDates:BaseModelDeprecationDates features:BaseModelFeatures"
    " chargeForAdaptation:boolean!",
    "BaseModelDeprecationDates": "adaptationDateTime:date-time! transcriptionDateTime:date-time!",
    "BaseModelFeatures": f"{FEATURES} supportsAdaptationsWith:[DatasetKind]!",
    "BaseModelLinks": "manifest:uri!",
    "CustomModel": f"{NAMED_HERE} {ENTITY} links:CustomModelLinks properties:CustomModelProperties {PROJECT}"
    f" text:string baseModel:EntityReference datasets:[EntityReference] {CUSTOM}",
    "CustomModelProperties": "customModelWeightPercent:int32(1..100) deprecationDates:CustomModelDeprecationDates"
    " features:CustomModelFeatures email:string error:EntityError",
    "CustomModelDeprecationDates!": "transcriptionDateTime:date-time!",
    "CustomModelFeatures!": FEATURES,
    "CustomModelLinks!": "copyTo:uri! copy:uri! files:uri! manifest:uri!",
    "ModelUpdate": f"{TEXTS} {PROJECT}",
    "ModelManifest": "*model:EntityReference *modelFiles:[ModelFile] *properties:{any}",
    "ModelFile": "name:string! contentUrl:uri!",
    "ModelCopyAuthorizationDefinition": "*sourceResourceId:text",
    "ModelCopyAuthorization": "*targetResourceRegion:text *targetResourceId:text *targetResourceEndpoint:text"
    " *sourceResourceId:text *expirationDateTime:date-time *id:text",
    "Operation": f"*id:uuid result:OperationResult error:EntityError {ENTITY}",
    "OperationResult!": "link:uri!",
    # files
    "File": "name:string! self:uri! kind:FileKind createdDateTime:date-time! links:FileLinks properties:FileProperties",
    "FileLinks": "contentUrl:uri!",
    "FileProperties": "size:int64! duration:string!",
    # projects, and what their sub-lists hold
    "Project": f"{NAMED_HERE} self:uri! createdDateTime:date-time! links:ProjectLinks properties:ProjectProperties"
    f" {CUSTOM}",
    "ProjectUpdate": TEXTS,
    "ProjectProperties!": "datasetCount:int32! evaluationCount:int32! modelCount:int32! transcriptionCount:int32!"
    " endpointCount:int32!",
    "ProjectLinks!": "evaluations:uri! datasets:uri! models:uri! endpoints:uri! transcriptions:uri!",
    "Dataset": f"{NAMED_HERE} {ENTITY} *kind:DatasetKind links:DatasetLinks properties:DatasetProperties"
    f" contentUrl:uri {PROJECT} {CUSTOM}",
    "DatasetLinks!": "files:uri! commitBlocks:uri! listBlocks:uri! uploadBlocks:uri!",
    "DatasetProperties": "textNormalizationKind:TextNormalizationKind acceptedLineCount:int32!"
    " rejectedLineCount:int32! duration:string! email:string error:EntityError",
    "Evaluation": f"{NAMED_HERE} {ENTITY} *model1:EntityReference *model2:EntityReference"
    " transcription1:EntityReference transcription2:EntityReference *dataset:EntityReference links:EvaluationLinks"
    f" properties:EvaluationProperties {PROJECT} {CUSTOM}",
    "EvaluationLinks!": "files:uri!",
    "EvaluationProperties!": f"{_SCORES} email:string error:EntityError",
    "TokenDetailedErrors!": "punctuation:PunctuationErrors capitalization:CapitalizationErrors"
    " inverseTextNormalization:InverseTextNormalizationErrors lexical:EditsSummary others:EditsSummary",
    "PunctuationErrors": f"{_EDITS} details:PunctuationSubgroups",
    "PunctuationSubgroups": f"{_SWAPS} {edits('punctuationOthers questionMark')}",
    "CapitalizationErrors": f"{_EDITS} details:CapitalizationSubgroups",
    "CapitalizationSubgroups": edits("lowerCaseToUpperCase upperCaseToLowerCase capitalizationOthers"),
    "InverseTextNormalizationErrors": f"{_EDITS} details:InverseTextNormalizationSubgroups",
    "InverseTextNormalizationSubgroups": edits(
        "alphaNumeric decimalNumbers mathematical currency numerical ordinalNumbers word"
    ),
    "EditsSummary": _EDITS,
    "Transcription": f"{NAMED_HERE} {ENTITY} links:TranscriptionLinks properties:TranscriptionProperties"
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
    "WebHook": f"{NAMED} {ENTITY} *webUrl:uri *events:WebHookEvents links:WebHookLinks properties:WebHookProperties"
    f" {CUSTOM}",
    "WebHookUpdate": f"{TEXTS} webUrl:uri events:WebHookEvents properties:WebHookPropertiesUpdate",
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

# What the names alone do not tell, by definition or by definition.property.
NOTES: dict[str, str] = {
    "Endpoint": "A place where one model answers live requests. Its id is the last segment of the path of self.",
    "Endpoint.lastActionDateTime": "When the present status began, not when something was last changed.",
    "EndpointProperties.timeToLive": "ISO 8601; runs from completion, then the endpoint goes; at most 31 days.",
    "EndpointPropertiesUpdate.contentLoggingEnabled": "The name on update only; create and read: loggingEnabled.",
    "BaseModelDeprecationDates.transcriptionDateTime": "The day on which the model stops answering.",
    "CustomModelDeprecationDates.transcriptionDateTime": "The day on which the model stops answering.",
    "FileLinks.contentUrl": "Whoever has it may read the file until its signature expires.",
    "WebHookProperties.secret": "Key of the signature. An update without it ends the signing.",
    "Error": "The body of every refusal. The gateway before the service has another: {error: {code, message}}.",
}
