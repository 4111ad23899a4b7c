"""The languages of sample code: what to install, how to run it, and the smallest version that it works with.

The versions were found by running the samples with older ones. By region, and by host: the oldest native SDK that works
with OpenSSL 3, the oldest for JavaScript that reads a file in Node.js. By address: the first that adds the path of the
universal address to it. With an identity: the first that takes a TokenCredential.
"""

from typing import NamedTuple

SPEECH_SDK = "Speech SDK"


class Versions(NamedTuple):
    by_region: str
    by_address: str
    by_identity: str


class Language(NamedTuple):
    """`install_identity` is what signing in with Microsoft Entra needs in addition.

    Without an `install_identity` the code takes an access token from SPEECH_TOKEN.
    """

    name: str
    install: str
    install_identity: str
    run: str
    program: str = SPEECH_SDK
    versions: Versions | None = Versions("1.34", "1.43", "1.44")


LANGUAGES = {
    "python": Language(
        "Python",
        "pip install azure-cognitiveservices-speech",
        "pip install azure-identity",
        "python recognize.py recording.wav",
    ),
    "csharp": Language(
        "C#",
        "dotnet add package Microsoft.CognitiveServices.Speech",
        "dotnet add package Azure.Identity",
        "dotnet run -- recording.wav",
    ),
    "javascript": Language(
        "JavaScript",
        "npm install microsoft-cognitiveservices-speech-sdk",
        "npm install @azure/identity",
        "node recognize.mjs recording.wav",
        versions=Versions("1.16", "1.44", "1.44"),
    ),
    "java": Language(
        "Java",
        "com.microsoft.cognitiveservices.speech:client-sdk",
        "com.azure:azure-identity",
        "java -cp 'lib/*' Recognize.java recording.wav",
    ),
    "cpp": Language(
        "C++",
        "The Speech SDK for C++: NuGet package Microsoft.CognitiveServices.Speech",
        "",
        "./recognize recording.wav",
        versions=Versions("1.34", "1.43", "1.43"),
    ),
    "curl": Language("curl", "", "", "bash recognize.sh recording.wav", "curl", Versions("7.76", "7.76", "7.76")),
    "spx": Language(
        "Speech CLI",
        "dotnet tool install --global Microsoft.CognitiveServices.Speech.CLI",
        "",
        "bash recognize.sh recording.wav",
        versions=None,
    ),
}
