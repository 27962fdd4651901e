"""socksan_rspec.rb as a team uses it, with RSpec.

SPDX-License-Identifier: Apache-2.0
"""

import re
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from runners import RunnerTest  # pylint: disable=wrong-import-position
from socksan_test import find  # pylint: disable=wrong-import-position

HEAD = """
require 'socket'
KEPT = []
def kept
  KEPT << yield
  KEPT.last
end
def listener
  TCPServer.new('127.0.0.1', 0)
end
def connect(server)
  client = TCPSocket.new('127.0.0.1', server.addr[1])
  kept { server.accept }
  client
end
"""

EXAMPLES = """
RSpec.describe 'pool' do
  it('closes') { listener.close }
  it('leaks') { kept { listener } }
  it('closes too') { server = listener; Thread.new { sleep 0.02; server.close } }
  it('ignores') { SockSan.ignore(kept { listener }); SockSan.ignore(kept { listener }.fileno) }
end
"""

HOOKS = """
RSpec.configure do |config|
  config.around { |example| @outer = listener; example.run; @outer.close }
  config.after { KEPT.pop&.close while KEPT.any? }
end
RSpec.describe 'hooks' do
  before { kept { listener } }
  around { |example| server = listener; example.run; server.close }
  it('opens') { kept { listener } }
  it('opens more') { kept { listener } }
end
"""

CONTEXT = """
RSpec.configure do |config|
  config.before(:suite) { $suite = listener }
  config.after(:suite) { $suite.close if CLOSES }
end
RSpec.describe 'server' do
  before(:context) { @server = listener }
  after(:context) { (@server.close; KEPT.each(&:close)) if CLOSES }
  it('is used') { connect(@server).close }
  it('is used again') { connect($suite).close }
  describe 'inside' do
    before(:context) { @other = listener }
    after(:context) { @other.close }
    it('is another') { connect(@other).close }
  end
end
RSpec.describe('other') { it('does nothing') {} }
"""

FAILS = """
RSpec.describe('it') { it('fails') { kept { listener }; expect(1).to eq(2) } }
"""


class Rspec(RunnerTest):
    COMMAND = ["rspec", "--default-path", ".", "--no-color", "--require", str(find("packaging/rspec/socksan_rspec.rb"))]

    @classmethod
    def told(cls, said):
        return sorted({re.sub(r"/\S+/(?=it_spec)", "", line) for line in super().told(said)})

    def suite(self, text, expected, status):
        self.write("it_spec.rb", HEAD + text)
        return self.check(expected, status, "it_spec.rb")

    def test_an_example_that_leaks_fails_with_what_it_left(self):
        said = self.suite(EXAMPLES, ["pool leaks left open: LISTENING, opened at it_spec.rb:9 in listener"], 1)
        self.assertIn("4 examples, 1 failure", said)

    def test_what_hooks_of_the_user_close_is_silent(self):
        self.suite(HOOKS, [], 0)

    def test_groups_and_the_suite_answer_for_what_they_set_up(self):
        self.suite("CLOSES = true\n" + CONTEXT, [], 0)

    def test_what_a_group_or_the_suite_never_closes_is_theirs(self):
        said = self.suite("CLOSES = false\n" + CONTEXT, ["server left open: LISTENING, opened at it_spec.rb:9 in listener", "server left open: ESTABLISHED, opened at it_spec.rb:13 in block in connect",
                                                         "the suite left open: LISTENING, opened at it_spec.rb:9 in listener", "the suite left open: ESTABLISHED, opened at it_spec.rb:13 in block in connect"], 1)
        self.assertRegex(said, r"4 examples, 0 failures, 2 errors occurred outside of examples")

    def test_an_example_that_fails_by_itself_says_both(self):
        self.write("it_spec.rb", HEAD + FAILS)
        self.assertEqual(self.go("it_spec.rb", under=False)[0], 1)
        status, said = self.go("it_spec.rb")
        self.assertEqual((status, self.told(said)), (1, ["it fails left open: LISTENING, opened at it_spec.rb:9 in listener"]), said)
        self.assertIn("expected: 2", said)

    def test_what_is_ignored_is_in_no_report(self):
        self.write("it_spec.rb", HEAD + EXAMPLES.replace("kept { listener } }\n", "listener.close }\n", 1))
        self.assert_silent(self.socksan_run([*self.COMMAND, "it_spec.rb"]))


if __name__ == "__main__":
    unittest.main()
