"""GitHub's workflows and actions, run as far as they can be here: expressions, and the steps that are scripts.

SPDX-License-Identifier: Apache-2.0
"""

import os
import pathlib
import re
import subprocess

import yaml


def load(path):
    """YAML as GitHub reads it, where `on` is a word and not a truth."""
    class Loader(yaml.SafeLoader):
        pass

    Loader.yaml_implicit_resolvers = {first: [(tag, pattern) for tag, pattern in rows if tag != "tag:yaml.org,2002:bool" or first not in "oOyYnN"]
                                      for first, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()}
    return yaml.load(pathlib.Path(path).read_text(encoding="utf-8"), Loader)  # nosec: it is a SafeLoader


def evaluate(expression, contexts):
    """The value of an expression of names, texts, and the operators and functions that our files use; anything else is an error."""
    tokens = re.findall(r"'(?:[^']|'')*'|&&|\|\||==|!=|!|\(|\)|[\w.-]+|\S", expression)
    words = {"&&": "and", "||": "or", "!": "not", "==": "==", "!=": "!=", "(": "(", ")": ")"}
    python, values, failed = [], [], contexts.get("failure", False)
    for token in tokens:
        if token in words:
            python.append(words[token])
        elif token in ("cancelled", "always", "success", "failure"):
            values.append(lambda token=token: {"cancelled": False, "always": True, "failure": failed, "success": not failed}[token])
            python.append(f"values[{len(values) - 1}]")
        elif token.startswith("'"):
            values.append(token[1:-1].replace("''", "'"))
            python.append(f"values[{len(values) - 1}]")
        elif re.fullmatch(r"[a-z][\w.-]*", token):
            value = contexts
            for name in token.split("."):
                value = value.get(name, "") if isinstance(value, dict) else ""
            values.append(value)
            python.append(f"values[{len(values) - 1}]")
        else:
            raise AssertionError(f"'{token}' in '{expression}' is not understood here")
    return eval(" ".join(python), {"__builtins__": {}}, {"values": values})  # pylint: disable=eval-used


def expand(text, contexts):
    """A text with its ${{ }} replaced."""
    return re.sub(r"\$\{\{(.*?)\}\}", lambda match: str(evaluate(match[1], contexts)), str(text))


def holds(step, contexts):
    """Whether the step's `if` lets it run."""
    if "if" not in step:
        return not contexts.get("failure", False)
    inner = re.fullmatch(r"\$\{\{(.*)\}\}", str(step["if"]).strip())
    text = inner[1] if inner else str(step["if"])
    status = re.search(r"\b(cancelled|always|success|failure)\(\)", text)
    return bool(evaluate(text, contexts)) and (bool(status) or not contexts.get("failure", False))


def scripts(value):
    """(name, script) of each step with a script below this value."""
    if isinstance(value, dict):
        if isinstance(value.get("run"), str):
            yield value.get("name", ""), value["run"]
        for below in value.values():
            yield from scripts(below)
    elif isinstance(value, list):
        for below in value:
            yield from scripts(below)


def shellcheck(script):
    """What shellcheck has to say of a step's script, in which ${{ }} stands for some word."""
    text = "#!/bin/bash\n" + re.sub(r"\$\{\{.*?\}\}", "word", script)
    return subprocess.run(["shellcheck", "-"], input=text, stdout=subprocess.PIPE, text=True, check=False).stdout


def set_lines(path):
    """The NAME=VALUE lines of a file such as GITHUB_OUTPUT."""
    return dict(line.split("=", 1) for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines())


def bash(script, folder):
    """How a runner starts the script of a step with `shell: bash`, which it keeps in a file."""
    path = os.path.join(folder, "step.sh")
    pathlib.Path(path).write_text(script, encoding="utf-8")
    return ["bash", "--noprofile", "--norc", "-eo", "pipefail", path]
