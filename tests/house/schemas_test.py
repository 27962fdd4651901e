"""The schemas are schemas, and that tests look at lines of one shape once hides nothing that jsonschema would see.

SPDX-License-Identifier: Apache-2.0
"""

import json
import unittest

import jsonschema

from schemas import Jq, Schema
from socksan_test import find

TRACE = "shim/model/trace.schema.json"
REPORT = "analyzer/report/report.schema.json"
OTHERS = ("", "x", "close", "0x12", "/", -1, 0, 1, 2, 3, 65535, 65536, 1 << 70, True, False, None, 1.0, 2.0, 1.5, [], ["x"], [1], {}, {"x": 1})


def load(path):
    return json.loads(find(path).read_text(encoding="utf-8"))


def samples(trace_schema):
    """Lines of the golden traces: each with a key of its event that no line before it had."""
    seen = set()
    sound = jsonschema.validators.validator_for(trace_schema)(trace_schema)
    for path in sorted(find("tests/traces").glob("*/*.jsonl")):
        for text in path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                line = json.loads(text)
                new = {(line["ev"], key) for key in line} - seen
            except (ValueError, TypeError, KeyError):
                continue
            if new and sound.is_valid(line):
                seen |= new
                yield line, [key for _, key in sorted(new)]


class Schemas(unittest.TestCase):
    def test_are_schemas(self):
        for path in (TRACE, REPORT):
            schema = load(path)
            jsonschema.validators.validator_for(schema).check_schema(schema)

    def test_a_shape_is_all_that_the_schema_of_traces_looks_at(self):
        schema = load(TRACE)
        shapes, judge = Schema(schema), jsonschema.Draft202012Validator(schema)
        self.assertEqual(set(), shapes.unknown, f"expected {TRACE} to have no word that schemas.py does not know")
        verdicts = {True: 0, False: 0}
        for line, keys in samples(schema):
            shapes.check(line, "a line", TRACE)
            for key in keys:
                without = {name: value for name, value in line.items() if name != key}
                for other in [without, *({**line, key: value} for value in OTHERS)]:
                    try:
                        shapes.check(other, "a line", TRACE)
                        said = True
                    except AssertionError:
                        said = False
                    self.assertEqual(judge.is_valid(other), said, f"expected the verdict of jsonschema on {other}")
                    verdicts[said] += 1
        self.assertGreater(min(verdicts.values()), 500, f"expected many lines of each kind: {verdicts}")

    def test_jq_refuses_what_is_no_json_and_goes_on(self):
        jq = Jq()
        for bad in ('{"a": 1}\n{"b"\n', '{"a": tru}', "null", "false", '"end of text"', "", "\n", '{"a": "\t"', "{}]"):
            with self.assertRaisesRegex(AssertionError, "jq -e ", msg=f"expected {bad!r} to be refused"):
                jq.check(bad, "a text")
            jq.check('{"a": 1}\n\n{"b": "x"}\n', "a text")


if __name__ == "__main__":
    unittest.main()
