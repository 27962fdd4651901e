/* One JSON object on one line: each kind of value, what does not fit, and bytes that are no UTF-8. jansson is the judge.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/unit.h"

#include "shim/trace/digits.h"
#include "shim/trace/jsonl.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <netinet/in.h>
#include <sys/un.h>

static char line[4096];

static struct jsonl open_line(void) { return jsonl_open(line, sizeof line, "x"); }

static void ends_as(struct jsonl *j, const char *expected)
{
	size_t len = jsonl_close(j);

	assert_int_equal(len, strlen(expected));
	line[len] = 0;
	assert_string_equal(line, expected);
}

static void a_line_opens_with_ev_and_ends_with_a_newline(void **state)
{
	struct jsonl j = open_line();

	(void)state;
	ends_as(&j, "{\"ev\":\"x\"}\n");
}

static void whole_numbers_keep_every_digit(void **state)
{
	struct jsonl j = open_line();

	(void)state;
	jsonl_uint(&j, "a", 0);
	jsonl_uint(&j, "b", UINT64_MAX);
	jsonl_int(&j, "c", INT64_MIN);
	jsonl_int(&j, "d", INT64_MAX);
	jsonl_int(&j, "e", -1);
	ends_as(&j, "{\"ev\":\"x\",\"a\":0,\"b\":18446744073709551615,\"c\":-9223372036854775808,"
		    "\"d\":9223372036854775807,\"e\":-1}\n");
}

static void every_count_of_digits_comes_out_as_printf_has_it(void **state)
{
	(void)state;
	for (uint64_t n = 1; n <= UINT64_MAX / 7; n = n * 7 / 3 + 1) {
		for (uint64_t near = n - 1; near <= n + 1; near++) {
			char expected[64], got[64];

			snprintf(expected, sizeof expected, "%llu", (unsigned long long)near);
			*jsonl_decimal(got, near) = 0;
			assert_string_equal(got, expected);
		}
	}
	for (uint64_t n = 1, digits = 1; digits <= 19; digits++, n *= 10) {
		char expected[64], got[64];

		snprintf(expected, sizeof expected, "%llu%llu", (unsigned long long)n - 1, (unsigned long long)n);
		*jsonl_decimal(jsonl_decimal(got, n - 1), n) = 0;
		assert_string_equal(got, expected);
	}
	for (uint64_t n = 0; n < 10000; n++) {
		char expected[64], got[64];

		snprintf(expected, sizeof expected, "%04llu%04llu", (unsigned long long)n,
			 (unsigned long long)(9999 - n));
		*jsonl_decimal(got, 1000000000000ull + n * 10000 + (9999 - n)) = 0;
		assert_string_equal(got + 5, expected);
	}
}

static void digits_that_are_kept_come_out_as_printf_has_them(void **state)
{
	static const uint64_t from[] = {
		0, 99999995, 199999995, 12345678999999990, 999999999999990, 9999999999999990, UINT64_MAX - 20};
	struct kept_digits kept = {0};

	(void)state;
	for (size_t i = 0; i < sizeof from / sizeof *from; i++)
		for (uint64_t n = from[i], end = n + 20; n < end; n++) {
			char expected[64], got[64];

			snprintf(expected, sizeof expected, "%llu", (unsigned long long)n);
			*kept_decimal(got, n, &kept) = 0;
			assert_string_equal(got, expected);
		}
}

static void large_numbers_can_be_strings(void **state)
{
	struct jsonl j = open_line();

	(void)state;
	jsonl_digits(&j, "a", UINT64_MAX);
	jsonl_hex(&j, "b", 0);
	jsonl_hex(&j, "c", 0xdeadbeef0);
	jsonl_hex(&j, "d", UINT64_MAX);
	ends_as(&j, "{\"ev\":\"x\",\"a\":\"18446744073709551615\",\"b\":\"0x0\",\"c\":\"0xdeadbeef0\","
		    "\"d\":\"0xffffffffffffffff\"}\n");
}

static void seconds_have_six_digits_after_the_point(void **state)
{
	struct jsonl j = open_line();

	(void)state;
	jsonl_seconds(&j, "a", 0);
	jsonl_seconds(&j, "b", 1000002999);
	jsonl_seconds(&j, "c", 1763805396123456789);
	ends_as(&j, "{\"ev\":\"x\",\"a\":0.000000,\"b\":1.000002,\"c\":1763805396.123456}\n");
}

static void truth_null_and_bytes_are_written(void **state)
{
	struct jsonl j = open_line();

	(void)state;
	jsonl_bool(&j, "a", true);
	jsonl_bool(&j, "b", false);
	jsonl_str(&j, "c", NULL);
	jsonl_str(&j, "d", "");
	jsonl_bytes(&j, "e", (const unsigned char *)"\x00\xff\x1a", 3);
	jsonl_bytes(&j, "f", NULL, 0);
	ends_as(&j, "{\"ev\":\"x\",\"a\":true,\"b\":false,\"c\":null,\"d\":\"\",\"e\":\"00ff1a\",\"f\":\"\"}\n");
}

static void what_json_forbids_in_strings_is_escaped(void **state)
{
	struct jsonl j = open_line();

	(void)state;
	jsonl_str(&j, "a", "\"\\/\b\n\x1f\x7f");
	jsonl_strn(&j, "b", "x\0y", 3);
	ends_as(&j, "{\"ev\":\"x\",\"a\":\"\\\"\\\\/\\u0008\\u000a\\u001f\\u007f\",\"b\":\"x\\u0000y\"}\n");
}

static void valid_utf8_stays_as_it_is(void **state)
{
	struct jsonl j = open_line();

	(void)state;
	jsonl_str(&j, "a", "\u00e9\u20ac\U0001f600");
	ends_as(&j, "{\"ev\":\"x\",\"a\":\"\u00e9\u20ac\U0001f600\"}\n");
}

static void each_byte_that_is_no_utf8_becomes_a_replacement(void **state)
{
	static const struct {
		const char *bytes, *text;
	} cases[] = {
		{"\xff", "\\ufffd"},			   /* never a first byte */
		{"\x80", "\\ufffd"},			   /* a continuation alone */
		{"\xc0\xaf", "\\ufffd\\ufffd"},		   /* overlong */
		{"\xe0\x80\xaf", "\\ufffd\\ufffd\\ufffd"}, /* overlong */
		{"\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd"}, /* a surrogate */
		{"\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd"},
		{"\xe2\x82", "\\ufffd\\ufffd"}, /* cut short */
		{"a\xc3", "a\\ufffd"},
		{"\xc3(", "\\ufffd("},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char expected[128];
		struct jsonl j = open_line();

		jsonl_str(&j, "a", cases[i].bytes);
		snprintf(expected, sizeof expected, "{\"ev\":\"x\",\"a\":\"%s\"}\n", cases[i].text);
		ends_as(&j, expected);
	}
}

static void address_is(const void *sa, size_t len, const char *text)
{
	char expected[256];
	struct jsonl j = open_line();

	jsonl_address(&j, "a", sa, (socklen_t)len);
	snprintf(expected, sizeof expected, text ? "{\"ev\":\"x\",\"a\":\"%s\"}\n" : "{\"ev\":\"x\"}\n", text);
	ends_as(&j, expected);
}

static void internet_addresses_read_as_people_write_them(void **state)
{
	static const char *const groups[] = {"::",
					     "::1",
					     "1::",
					     "2001:db8::1",
					     "1:2:3:4:5:6:7:8",
					     "1:0:2::3",
					     "::ffff:10.1.2.3",
					     "2001:db8:0:1:1:1:1:1",
					     "1:0:0:2::3",
					     "fe80::abcd:0:1"};
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(65535), .sin_addr.s_addr = htonl(0xc0a800ff)};

	(void)state;
	address_is(&in, sizeof in, "192.168.0.255:65535");
	address_is(&in, sizeof in - 1, NULL);
	for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
		struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(80)};
		char text[64], expected[80];

		assert_int_equal(inet_pton(AF_INET6, groups[i], &in6.sin6_addr), 1);
		inet_ntop(AF_INET6, &in6.sin6_addr, text, sizeof text);
		snprintf(expected, sizeof expected, "[%s]:80", text);
		address_is(&in6, sizeof in6, expected);
	}
}

static void random_internet_addresses_read_as_libc_writes_them(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (int turn = 0; turn < 20000; turn++) {
		struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
		char text[64], expected[80];

		for (int i = 0; i < 16; i += 2) {
			uint64_t r = next_random(&seed);
			in6.sin6_addr.s6_addr[i] = r & 3 ? 0 : (uint8_t)(r >> 8);
			in6.sin6_addr.s6_addr[i + 1] = r & 12 ? 0 : (uint8_t)(r >> 16);
		}
		inet_ntop(AF_INET6, &in6.sin6_addr, text, sizeof text);
		if (strchr(text, '.') && strncmp(text, "::ffff:", 7)) /* IPv4-compatible: libc's own old spelling */
			continue;
		snprintf(expected, sizeof expected, "[%s]:0", text);
		address_is(&in6, sizeof in6, expected);
	}
}

static void unix_addresses_have_a_path_an_abstract_name_or_nothing(void **state)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "/tmp/a b"};
	size_t head = offsetof(struct sockaddr_un, sun_path);
	char full[256] = "unix:";

	(void)state;
	address_is(&un, sizeof un, "unix:/tmp/a b");
	address_is(&un, head + 4, "unix:/tmp");
	address_is(&un, head, NULL);
	memcpy(un.sun_path, "\0x\0y", 4);
	address_is(&un, head + 4, "unix:@x@y");
	memset(un.sun_path, 'p', sizeof un.sun_path);
	memset(full + 5, 'p', sizeof un.sun_path);
	address_is(&un, sizeof un, full);
	address_is(&un, sizeof un + 50, full);
}

static void an_unknown_or_missing_address_writes_no_key(void **state)
{
	struct sockaddr sa = {.sa_family = AF_NETLINK};

	(void)state;
	address_is(NULL, 16, NULL);
	address_is(&sa, sizeof sa, NULL);
	address_is(&sa, 0, NULL);
	address_is(&sa, 1, NULL);
}

static void arrays_hold_strings_or_numbers(void **state)
{
	struct jsonl j = open_line();

	(void)state;
	jsonl_array(&j, "a");
	jsonl_array_end(&j);
	jsonl_array(&j, "b");
	jsonl_add(&j, "", 0);
	jsonl_add(&j, "1+0x2", 5);
	jsonl_array_end(&j);
	jsonl_array(&j, "c");
	jsonl_add_uint(&j, 0);
	jsonl_add_uint(&j, 64);
	jsonl_array_end(&j);
	jsonl_uint(&j, "d", 1);
	ends_as(&j, "{\"ev\":\"x\",\"a\":[],\"b\":[\"\",\"1+0x2\"],\"c\":[0,64],\"d\":1}\n");
}

static void what_does_not_fit_is_left_out_whole(void **state)
{
	struct jsonl j = jsonl_open(line, 64, "x");

	(void)state;
	jsonl_str(&j, "long", "0123456789012345678901234567890123456789012345678901234567890123456789");
	assert_true(j.full);
	jsonl_uint(&j, "a", 5);
	ends_as(&j, "{\"ev\":\"x\",\"a\":5}\n");
}

static void the_largest_size_that_fails_writes_no_byte_outside(void **state)
{
	(void)state;
	for (size_t size = 64; size < 512; size++) {
		memset(line, '#', sizeof line);
		struct jsonl j = jsonl_open(line, size, "x");
		for (int i = 0; i < 100; i++)
			jsonl_str(&j, "k", "v\x01\xff");
		size_t len = jsonl_close(&j);
		assert_true(len <= size);
		for (size_t i = len; i < size + 64; i++)
			if (i >= size)
				assert_int_equal(line[i], '#');
	}
}

/* Whatever is asked, in whatever room: one line, one object, valid. */
static void random_lines_are_always_one_valid_object(void **state)
{
	uint64_t seed = 7;

	(void)state;
	for (int turn = 0; turn < 20000; turn++) {
		size_t size = 64 + next_random(&seed) % 1000, keys = next_random(&seed) % 30;
		struct jsonl j = jsonl_open(line, size, "x");
		for (size_t k = 0; k < keys; k++) {
			unsigned char bytes[64];
			char key[8];
			size_t n = next_random(&seed) % sizeof bytes;

			snprintf(key, sizeof key, "k%zu", k);
			for (size_t i = 0; i < n; i++)
				bytes[i] = (unsigned char)next_random(&seed);
			switch (next_random(&seed) % 9) {
			case 0: jsonl_uint(&j, key, next_random(&seed) >> 1); break; /* jansson's integers are signed */
			case 1: jsonl_int(&j, key, (int64_t)next_random(&seed)); break;
			case 2: jsonl_hex(&j, key, next_random(&seed)); break;
			case 3: jsonl_seconds(&j, key, next_random(&seed)); break;
			case 4: jsonl_strn(&j, key, (char *)bytes, n); break;
			case 5: jsonl_bytes(&j, key, bytes, n); break;
			case 6:
				jsonl_array(&j, key);
				for (size_t i = 0; i < n % 7; i++)
					jsonl_add(&j, (char *)bytes, n);
				jsonl_array_end(&j);
				break;
			case 7:
				jsonl_array(&j, key);
				for (size_t i = 0; i < n % 7; i++)
					jsonl_add_uint(&j, next_random(&seed) >> 1);
				jsonl_array_end(&j);
				break;
			default: jsonl_str(&j, key, NULL);
			}
		}
		size_t len = jsonl_close(&j);
		json_error_t error;
		assert_true(len <= size);
		assert_int_equal(line[len - 1], '\n');
		assert_ptr_equal(memchr(line, '\n', len), line + len - 1);
		json_t *parsed = json_loadb(line, len, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &error);
		if (!parsed)
			fail_msg("turn %d: %s, expected valid JSON: %.*s", turn, error.text, (int)len, line);
		assert_string_equal(json_string_value(json_object_get(parsed, "ev")), "x");
		json_decref(parsed);
	}
}

static unsigned differed;

static void write_own(unsigned number)
{
	for (int i = 0; i < 2000; i++) {
		char own[256], expected[256];
		struct jsonl j = jsonl_open(own, sizeof own, "x");

		jsonl_uint(&j, "n", number);
		jsonl_str(&j, "s", "\x01");
		own[jsonl_close(&j)] = 0;
		snprintf(expected, sizeof expected, "{\"ev\":\"x\",\"n\":%u,\"s\":\"\\u0001\"}\n", number);
		if (strcmp(own, expected))
			__atomic_fetch_add(&differed, 1, __ATOMIC_RELAXED);
	}
}

static void threads_share_nothing(void **state)
{
	(void)state;
	in_threads(write_own);
	assert_int_equal(differed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_opens_with_ev_and_ends_with_a_newline),
		cmocka_unit_test(whole_numbers_keep_every_digit),
		cmocka_unit_test(every_count_of_digits_comes_out_as_printf_has_it),
		cmocka_unit_test(digits_that_are_kept_come_out_as_printf_has_them),
		cmocka_unit_test(large_numbers_can_be_strings),
		cmocka_unit_test(seconds_have_six_digits_after_the_point),
		cmocka_unit_test(truth_null_and_bytes_are_written),
		cmocka_unit_test(what_json_forbids_in_strings_is_escaped),
		cmocka_unit_test(valid_utf8_stays_as_it_is),
		cmocka_unit_test(each_byte_that_is_no_utf8_becomes_a_replacement),
		cmocka_unit_test(internet_addresses_read_as_people_write_them),
		cmocka_unit_test(random_internet_addresses_read_as_libc_writes_them),
		cmocka_unit_test(unix_addresses_have_a_path_an_abstract_name_or_nothing),
		cmocka_unit_test(an_unknown_or_missing_address_writes_no_key),
		cmocka_unit_test(arrays_hold_strings_or_numbers),
		cmocka_unit_test(what_does_not_fit_is_left_out_whole),
		cmocka_unit_test(the_largest_size_that_fails_writes_no_byte_outside),
		cmocka_unit_test(random_lines_are_always_one_valid_object),
		cmocka_unit_test(threads_share_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
