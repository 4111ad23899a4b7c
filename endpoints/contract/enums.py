"""The enumerations of the service. Source: the published specifications of the three versions."""

from __future__ import annotations

# A definition whose name ends in "!" is read-only. Closed: a version has no other values.
CLOSED: dict[str, str] = {
    "Status!": "NotStarted Running Succeeded Failed",
    "ProfanityFilterMode": "None Removed Tags Masked",
    "PunctuationMode": "None Dictated Automatic DictatedAndAutomatic",
}

# Open (x-ms-enum, modelAsString): there can be other values, which readers must accept.
OPEN: dict[str, str] = {
    "FileKind!": "DatasetReport Audio LanguageData PronunciationData AcousticDataArchive AcousticDataTranscriptionV2"
    " Transcription TranscriptionReport EvaluationDetails ModelReport OutputFormattingData",
    "DatasetKind": "Language Acoustic Pronunciation AudioFiles LanguageMarkdown OutputFormatting",
    "OutputFormatType": "Lexical Display",
    "TextNormalizationKind": "Default None",
    "LanguageIdentificationMode": "Continuous Single",
    "ErrorCode": "InvalidRequest InvalidArgument InternalServerError ServiceUnavailable NotFound PipelineError"
    " Conflict InternalCommunicationFailed Forbidden NotAllowed Unauthorized UnsupportedMediaType TooManyRequests"
    " UnprocessableEntity",
    "DetailedErrorCode": "InvalidParameterValue InvalidRequestBodyFormat EmptyRequest MissingInputRecords"
    " InvalidDocument ModelVersionIncorrect InvalidDocumentBatch UnsupportedLanguageCode DataImportFailed"
    " InUseViolation InvalidLocale InvalidBaseModel InvalidAdaptationMapping InvalidDataset InvalidTest FailedDataset"
    " InvalidModel InvalidTranscription InvalidPayload InvalidParameter EndpointWithoutLogging InvalidPermissions"
    " InvalidPrerequisite InvalidProductId InvalidSubscription InvalidProject InvalidProjectKind InvalidRecordingsUri"
    " OnlyOneOfUrlsOrContainerOrDataset ExceededNumberOfRecordingsUris InvalidChannels ModelMismatch"
    " ProjectGenderMismatch ModelDeprecated ModelExists ModelNotDeployable EndpointNotUpdatable SingleDefaultEndpoint"
    " EndpointCannotBeDefault InvalidModelUri SubscriptionNotFound QuotaViolation UnsupportedDelta UnsupportedFilter"
    " UnsupportedPagination UnsupportedDynamicConfiguration UnsupportedOrderBy NoUtf8WithBom"
    " ModelDeploymentNotCompleteState SkuLimitsExist DeployingFailedModel UnsupportedTimeRange InvalidLogDate"
    " InvalidLogId InvalidLogStartTime InvalidLogEndTime InvalidTopForLogs InvalidSkipTokenForLogs DeleteNotAllowed"
    " Forbidden DeployNotAllowed UnexpectedError InvalidCollection InvalidCallbackUri InvalidSasValidityDuration"
    " InaccessibleCustomerStorage UnsupportedClassBasedAdaptation InvalidWebHookEventKind InvalidTimeToLive"
    " InvalidSourceAzureResourceId ModelCopyAuthorizationExpired",
}

DEFAULTS: dict[str, str] = {"LanguageIdentificationMode": "Continuous"}

LATER_CODES = {
    "2024-11-15": "EndpointLoggingNotSupported",
    "2025-10-15": "EndpointLoggingNotSupported NoLanguageIdentified MultipleLanguagesIdentified InvalidAudioFormat"
    " BadChannelConfiguration InvalidChannelSpecification AudioLengthLimitExceeded EmptyAudioFile",
}
