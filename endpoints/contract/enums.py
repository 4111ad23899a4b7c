"""Words that the service uses for values. Source: the enums of the v3.2 contract; later codes: api-facts 13, 14."""

from __future__ import annotations

# A name with "!" is written by the service alone. Closed: no other value will come within one version.
CLOSED: dict[str, str] = {
    "Status!": "NotStarted Running Succeeded Failed",
    "ProfanityFilterMode": "None Removed Tags Masked",
    "PunctuationMode": "None Dictated Automatic DictatedAndAutomatic",
}

# Open: values that are not named here may come, so a reader must not fail on them.
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
