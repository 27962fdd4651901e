/* Lines that are copied from earlier ones: each says what it should, whatever the lines before it were and other threads write.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/unit.h"

#include "shim/kernel/errand.h"
#include "shim/process/process.h"
#include "shim/state/options.h"
#include "shim/trace/trace.h"
#include "shim/track/brief.h"
#include "shim/track/event.h"
#include "shim/track/meeting.h"

#include <errno.h>
#include <netinet/in.h>
#include <unistd.h>

enum { LINES = 6000, KEYS = 640, FIRST = 1000000000 };

static int setup(void **state)
{
	(void)state;
	trace_forget();
	options_parse(NULL);
	options.stack_depth = 0;
	snprintf(options.log_path, sizeof options.log_path, "%s/t", new_folder());
	*process_living = 1;
	process_turn(true);
	process.pid = getpid();
	return 0;
}

/* The line of a number: what it says besides its socket is that of one key among KEYS, most of which share their entries with others. */
static uint64_t sock_of(uint64_t n)
{
	static const uint64_t odd[] = {1, 9, 10, 99999, 65535, 65536, 65537, 10000000000};
	return n % 5 ? n / 5 + 1 : odd[n / 5 % 8];
}

static struct brief brief_of(uint64_t n)
{
	static const int numbers[] = {0, 3, 9, 10, 77, 100, 8191, 8192, 12345, 70000};
	static const struct life lives[] = {
		{STATE_CLOSED, AF_UNIX, SOCK_STREAM, 0},
		{STATE_ESTABLISHED, AF_INET6, SOCK_SEQPACKET, WAS_CONNECTED},
		{STATE_OPEN, 0, TYPE_KINDS + KIND_eventfd, 0},
		{STATE_CLOSED, 77, 3, 0},
	};
	uint64_t key = n % KEYS;
	struct brief b = {.op = "socket", .op_len = 6, .t = FIRST + n, .sock = sock_of(n)};

	b.fd = numbers[key % 10];
	b.life = lives[key / 10 % 4];
	b.stack = key / 40 % 2 ? 4711 : 30000;
	b.made = key / 80 % 2;
	b.cloexec = b.made && key / 160 % 2;
	b.ret = b.made && key / 320 ? b.fd : 0;
	b.from = b.made ? STATE_NONE : b.life.state;
	b.to = b.made ? b.life.state : STATE_CLOSED;
	if (!b.made) {
		b.op = "closedir";
		b.op_len = 8;
		b.rx = n % 3 ? 0 : n;
		b.tx = n % 2 ? 0 : 3 * n;
		b.last = b.rx | b.tx ? n * 1000003 : 0;
	}
	return b;
}

static void expect_brief(char *line, size_t size, uint64_t n, int tid)
{
	static const char *const states[STATES] = {[STATE_NONE] = "null",
						   [STATE_CLOSED] = "\"CLOSED\"",
						   [STATE_ESTABLISHED] = "\"ESTABLISHED\"",
						   [STATE_OPEN] = "\"OPEN\""};
	static const char *const kinds[] = {",\"family\":\"AF_UNIX\",\"type\":\"SOCK_STREAM\"",
					    ",\"family\":\"AF_INET6\",\"type\":\"SOCK_SEQPACKET\"",
					    ",\"kind\":\"eventfd\"", ",\"family\":\"AF_77\",\"type\":\"SOCK_RAW\""};
	struct brief b = brief_of(n);
	char counters[128] = "";
	size_t len = 0;

	if (b.rx)
		len += (size_t)snprintf(counters, sizeof counters, ",\"rx\":%lu", b.rx);
	if (b.tx)
		len += (size_t)snprintf(counters + len, sizeof counters - len, ",\"tx\":%lu", b.tx);
	if (b.last)
		snprintf(counters + len, sizeof counters - len, ",\"last\":%lu", b.last);
	snprintf(
		line, size,
		"{\"ev\":\"fd\",\"t\":%lu,\"pid\":%d,\"tid\":%d,\"op\":\"%s\",\"fd\":%d,\"sock\":%lu,\"from\":%s,\"to\":%s,\"ret\":%ld,\"stack\":%u%s%s%s}\n",
		b.t, getpid(), tid, b.op, b.fd, b.sock, states[b.from], states[b.to], b.ret, b.stack,
		b.made ? kinds[n % KEYS / 10 % 4] : "", counters, b.cloexec ? ",\"cloexec\":true" : "");
}

static struct meeting meeting_of(uint64_t n, struct sockaddr_in *in)
{
	static const uint16_t ports[] = {1, 80, 9999, 10000, 32768, 65535};
	uint64_t key = n % KEYS;
	struct meeting m = {.listener = key / 8 % 2 ? 3 : 12345, .peer = (struct sockaddr *)in, .peer_len = sizeof *in};

	*in = (struct sockaddr_in){.sin_family = AF_INET};
	in->sin_addr.s_addr = htonl(key / 4 % 2 ? 0x7f000001 : 0xc0a8ff0a);
	m.b = (struct brief){.t = FIRST + n, .sock = sock_of(n), .fd = key / 16 % 2 ? 5 : 4000};
	m.b.made = key % 2;
	if (m.b.made) {
		in->sin_port = htons(n % 7 ? ports[n % 6] : (uint16_t)(n * 7919));
		m.b.op = "accept4";
		m.b.cloexec = key / 2 % 2;
		m.b.life = (struct life){STATE_ESTABLISHED, AF_INET, SOCK_STREAM, WAS_CONNECTED};
		m.b.to = STATE_ESTABLISHED;
		m.b.ret = m.b.fd;
		m.b.stack = 99;
	} else {
		in->sin_port = htons(ports[key / 32 % 6]);
		m.listener = 0;
		m.b.op = "connect";
		m.error = key / 2 % 2 ? EINPROGRESS : 0;
		m.b.ret = m.error ? -1 : 0;
		m.b.from = key / 8 % 2 ? STATE_CLOSED : STATE_BOUND;
		m.b.to = m.error ? STATE_CONNECTING : STATE_ESTABLISHED;
	}
	m.b.op_len = 7;
	return m;
}

static void expect_meeting(char *line, size_t size, uint64_t n, int tid)
{
	struct sockaddr_in in;
	struct meeting m = meeting_of(n, &in);
	char peer[64];
	const unsigned char *ip = (const unsigned char *)&in.sin_addr;
	int len = snprintf(line, size,
			   "{\"ev\":\"fd\",\"t\":%lu,\"pid\":%d,\"tid\":%d,\"op\":\"%s\",\"fd\":%d,\"sock\":%lu,",
			   m.b.t, getpid(), tid, m.b.op, m.b.fd, m.b.sock);

	snprintf(peer, sizeof peer, ",\"peer\":\"%d.%d.%d.%d:%d\"", ip[0], ip[1], ip[2], ip[3], ntohs(in.sin_port));
	if (m.b.made)
		snprintf(
			line + len, size - (size_t)len,
			"\"from\":null,\"to\":\"ESTABLISHED\",\"ret\":%d,\"stack\":99,\"listener\":%d,\"family\":\"AF_INET\",\"type\":\"SOCK_STREAM\"%s%s}\n",
			m.b.fd, m.listener, peer, m.b.cloexec ? ",\"cloexec\":true" : "");
	else
		snprintf(line + len, size - (size_t)len, "\"from\":\"%s\",\"to\":\"%s\",\"ret\":%ld%s%s}\n",
			 m.b.from == STATE_CLOSED ? "CLOSED" : "BOUND", m.error ? "CONNECTING" : "ESTABLISHED", m.b.ret,
			 m.error ? ",\"errno\":\"EINPROGRESS\"" : "", peer);
}

/* Each line of the trace, by its time, which tells the number. */
static void lines_are(unsigned count, void (*expect)(char *line, size_t size, uint64_t n, int tid))
{
	char path[OPTION_PATH + 32], expected[1024], *line = NULL;
	size_t size = 0;
	unsigned found = 0;

	snprintf(path, sizeof path, "%s.%d.jsonl", options.log_path, getpid());
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	while (getline(&line, &size, f) > 0) {
		const char *t = strstr(line, "\"t\":"), *tid = strstr(line, "\"tid\":");
		if (!tid)
			continue;
		expect(expected, sizeof expected, strtoull(t + 4, NULL, 10) - FIRST, atoi(tid + 6));
		assert_string_equal(line, expected);
		found++;
	}
	assert_int_equal(found, count);
	free(line);
	fclose(f);
}

static void tell_briefs(unsigned number)
{
	for (uint64_t n = 0; n < LINES; n++) {
		struct brief b = brief_of(n % 2 ? n : n * (number + 1) % LINES);
		record_brief(&b);
	}
}

static void tell_meetings(unsigned number)
{
	for (uint64_t n = 0; n < LINES; n++) {
		struct sockaddr_in in;
		struct meeting m = meeting_of(n % 2 ? n : n * (number + 1) % LINES, &in);
		record_meeting(&m);
	}
}

static void a_brief_line_says_what_a_long_one_does(void **state)
{
	(void)state;
	tell_briefs(0);
	lines_are(LINES, expect_brief);
}

static void so_it_does_in_threads(void **state)
{
	(void)state;
	in_threads(tell_briefs);
	lines_are(THREADS * LINES, expect_brief);
}

static void a_line_of_a_peer_has_its_address(void **state)
{
	(void)state;
	tell_meetings(0);
	lines_are(LINES, expect_meeting);
}

static void so_it_has_in_threads(void **state)
{
	(void)state;
	in_threads(tell_meetings);
	lines_are(THREADS * LINES, expect_meeting);
}

static void lines_of_one_place_are_copied(void **state)
{
	struct pattern_key key;
	uint64_t turn;
	struct brief b = brief_of(81);

	(void)state;
	record_brief(&b);
	assert_true(brief_key(&b, &key));
	for (unsigned i = 0; i < 20 && !pattern_is(pattern_at(key), key, &turn);
	     i++) /* an entry does not give way at once */
		record_brief(&b);
	assert_true(pattern_is(pattern_at(key), key, &turn));
	assert_memory_equal(pattern_at(key)->head, "socket\",\"fd\":", pattern_at(key)->head_len);
}

static void assert_text_is(uint64_t n)
{
	char expected[32], text[32];
	uint64_t made = sock_text(n);
	int len = snprintf(expected, sizeof expected, "%llu", (unsigned long long)n);

	if (made || n <= MOST) {
		assert_int_equal(put_text(text, made) - text, len);
		assert_memory_equal(text, expected, (size_t)len);
	}
}

static void numbers_of_new_sockets_are_counted_as_text(void **state)
{
	(void)state;
	for (uint64_t n = 1; n <= MOST + 20; n++)
		assert_text_is(n);
	for (uint64_t n = 1; n <= MOST; n += n % 3 + 1) /* others go to other threads */
		assert_text_is(n);
	assert_text_is(MOST);
	assert_text_is(1); /* after a fork of a thread that made none, say */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_of_new_sockets_are_counted_as_text),
		cmocka_unit_test_setup(lines_of_one_place_are_copied, setup),
		cmocka_unit_test_setup(a_brief_line_says_what_a_long_one_does, setup),
		cmocka_unit_test_setup(so_it_does_in_threads, setup),
		cmocka_unit_test_setup(a_line_of_a_peer_has_its_address, setup),
		cmocka_unit_test_setup(so_it_has_in_threads, setup),
	};

	errand_init(environ);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
