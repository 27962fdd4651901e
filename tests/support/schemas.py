"""The schemas that every trace and report of a test is held to, and jq, which must accept every trace.

SPDX-License-Identifier: Apache-2.0
"""

import atexit
import functools
import re
import subprocess
import threading

import jsonschema


class Schema:
    """A validator that looks at values of one shape once.

    Two values have one shape if they differ in leaves alone, between which the schema does not tell: it names neither, both match the same of
    its patterns, and both lie on the same side of each of its bounds. jsonschema judges one of them.
    """

    BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
    # What looks at a leaf in a way that a shape keeps, or not at leaves. Another word of a schema must be thought of first.
    KNOWN = {"$schema", "$id", "$ref", "$defs", "title", "description", "type", "required", "properties", "additionalProperties",
             "propertyNames", "items", "minItems", "maxItems", "allOf", "anyOf", "if", "then", "else", "const", "enum", "pattern", *BOUNDS}

    def __init__(self, schema):
        self.validator = jsonschema.validators.validator_for(schema)(schema)
        self.named, self.patterns, self.bounds, self.unknown = set(), set(), set(), set()
        self._collect(schema)
        self.sound = set()
        self.leaf = functools.lru_cache(maxsize=100000)(self._leaf)

    def _collect(self, schema):
        for key, value in schema.items() if isinstance(schema, dict) else ():
            if key in ("const", "enum"):
                self._name(value)
            elif key == "pattern":
                self.patterns.add(re.compile(value))
            elif key in self.BOUNDS:
                self.bounds.add(value)
            elif key not in self.KNOWN:
                self.unknown.add(key)
            elif key in ("properties", "$defs"):
                for one in value.values():
                    self._collect(one)
            else:
                for one in value if isinstance(value, list) else [value]:
                    self._collect(one)

    def _name(self, value):
        if isinstance(value, (list, dict)):
            for one in value.values() if isinstance(value, dict) else value:
                self._name(one)
        else:
            self.named.add((type(value), value))

    def _leaf(self, kind, value):
        if kind is str and (kind, value) not in self.named:
            return kind, *(pattern.search(value) is not None for pattern in self.patterns)
        if kind is int and (kind, value) not in self.named:
            return kind, *((value > bound) - (value < bound) for bound in self.bounds)
        return kind, value

    def _shape(self, value):
        kind = type(value)
        if kind is dict:
            return kind, *((key, self._shape(one)) for key, one in value.items())
        if kind is list:
            return kind, *map(self._shape, value)
        return self.leaf(kind, value)

    def check(self, value, where, name):
        """Fail, naming the place, unless value is what the schema says."""
        shape = None if self.unknown else self._shape(value)
        if shape in self.sound:
            return
        for error in self.validator.iter_errors(value):
            path = "/".join(map(str, error.absolute_path))
            raise AssertionError(f"{where}: {name} refuses {path or 'the whole'}: {error.message}\n{value}")
        if shape:
            self.sound.add(shape)


class Jq:
    """`jq -e .` over one text after another: one process of it, since it takes longer to start than to read most traces."""

    def __init__(self):
        self.lock = threading.Lock()
        self.process = None
        self.texts = 0

    def _start(self):
        # Of what it accepts, it says the words between two texts alone, and null and false, for which -e would fail.
        self.process = subprocess.Popen(["jq", "--unbuffered", "-c", 'select(not or type == "string")'],  # pylint: disable=consider-using-with
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
        atexit.register(self.process.communicate)

    def check(self, text, where):
        """Fail, naming the place, unless jq accepts the text."""
        if not text.strip():
            raise AssertionError(f"{where}: jq -e . would find nothing in it, expected a value at least")
        with self.lock:
            if not self.process:
                self._start()
            self.texts += 1
            word = f'"end of text {self.texts}"\n'.encode()
            try:
                self.process.stdin.write(text.encode() + b"\n" + word)
                self.process.stdin.flush()
                said = self.process.stdout.readline()
            except BrokenPipeError:
                said = b""
            if said == word:
                return
            failed, self.process = self.process, None
            atexit.unregister(failed.communicate)
            errors = failed.communicate()[1]
            raise AssertionError(f"jq -e . {where}: status {failed.returncode}, expected 0: {(said + errors).decode()}")
