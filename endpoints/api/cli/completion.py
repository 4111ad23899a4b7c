"""Completion of commands and options for bash and zsh, made from the parser itself."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from endpoints.api.cli.texts import say

NAMES = "speechstudio speechstudio.py"

BASH = """_speechstudio() {
  local word="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}" command="" known each
  for each in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    known="$command${command:+ }$each"
    case "$known" in
      @COMMANDS@) command="$known" ;;
    esac
  done
  case "$command $previous" in
@CHOICES@
  esac
  case "$previous" in
    @FILES@) COMPREPLY=($(compgen -f -- "$word")); return ;;
  esac
  case "$command" in
@WORDS@
  esac
}
complete -o default -F _speechstudio @NAMES@"""

ZSH = """#compdef @NAMES@
autoload -U +X bashcompinit && bashcompinit
"""


def print_completion(parser: argparse.ArgumentParser, shell: str) -> None:
    """Print a script that the shell reads: source <(speechstudio completion bash)."""
    parts = dict(_parsers(parser, ""))
    choices, words = [], []
    files: set[str] = set()
    for command, part in parts.items():
        offered: list[str] = []
        for action in part._actions:
            if isinstance(action, argparse._SubParsersAction):
                offered += list(action.choices)
                continue
            offered += [name for name in action.option_strings if action.help != argparse.SUPPRESS]
            if action.option_strings and action.metavar in ("FILE",):
                files.update(action.option_strings)
            if action.choices:
                patterns = (
                    "|".join(f'"{command} {name}"' for name in action.option_strings)
                    or f'"{command} {command.split()[-1]}"'
                )
                choices.append(_reply(patterns, [str(choice) for choice in action.choices]))
        words.append(_reply(f'"{command}"', offered))
    script = BASH.replace("@COMMANDS@", "|".join(f'"{command}"' for command in parts if command))
    script = script.replace("@CHOICES@", "\n".join(choices)).replace("@WORDS@", "\n".join(words))
    script = script.replace("@FILES@", "|".join(sorted(files)))
    say((ZSH + script if shell == "zsh" else script).replace("@NAMES@", NAMES))


def _reply(pattern: str, words: list[str]) -> str:
    return f"    {pattern}) COMPREPLY=($(compgen -W '{' '.join(words)}' -- \"$word\")); return ;;"


def _parsers(parser: argparse.ArgumentParser, command: str) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Each command, as its words, with its parser; first the program itself, which has none."""
    yield command, parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, part in action.choices.items():
                yield from _parsers(part, f"{command} {name}".strip())
