/* The table of descriptors and its sockets: what one thread may expect, and what holds when eight use it at random.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "tests/unit/unit.h"

#include "shim/track/fdtable.h"

#include <limits.h>
#include <sys/socket.h>

static const struct life stream = {.state = STATE_CLOSED, .family = AF_INET, .type = SOCK_STREAM};

static void a_number_never_stored_is_unknown(void **state)
{
	(void)state;
	assert_int_equal(fd_load(0), FD_UNKNOWN);
	assert_int_equal(fd_load(FD_LOW - 1), FD_UNKNOWN);
	assert_int_equal(fd_load(FD_LOW), FD_UNKNOWN);
	assert_int_equal(fd_load(INT_MAX), FD_UNKNOWN);
	assert_int_equal(fd_load(-1), FD_UNKNOWN);
	assert_int_equal(fd_load(INT_MIN), FD_UNKNOWN);
	assert_null(fd_entry(-1));
	assert_null(fd_entry(INT_MAX));
}

static void no_number_is_stored_below_zero(void **state)
{
	(void)state;
	assert_int_equal(fd_swap(-1, fd_closed(7, 0)), FD_UNKNOWN);
	assert_int_equal(fd_load(-1), FD_UNKNOWN);
	assert_false(fd_replace(-1, FD_UNKNOWN, FD_OTHER));
}

static void any_number_up_to_the_largest_can_be_stored(void **state)
{
	static const int numbers[] = {0,     1,	    FD_LOW - 1, FD_LOW,	       FD_LOW + 1,
				      65535, 65536, 1 << 20,	(1 << 30) + 5, INT_MAX - 1};

	(void)state;
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		assert_int_equal(fd_swap(numbers[i], fd_closed(i + 1, 0)), FD_UNKNOWN);
		assert_int_equal(fd_kind(fd_load(numbers[i])), FD_CLOSED);
		assert_int_equal(fd_closed_sock(fd_load(numbers[i])), i + 1);
		assert_true(fd_end() > numbers[i]);
	}
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		assert_int_equal(fd_swap(numbers[i], FD_UNKNOWN), fd_closed(i + 1, 0));
}

static void a_high_number_costs_no_memory_until_it_holds_a_descriptor(void **state)
{
	int fd = 50 << 16;

	(void)state;
	fd_swap(fd, FD_UNKNOWN);
	assert_null(fd_entry(fd));
	assert_false(fd_replace(fd, FD_UNKNOWN, FD_OTHER));
}

static void replace_stores_only_over_what_it_was_told(void **state)
{
	(void)state;
	fd_swap(9, fd_closed(3, 0));
	assert_false(fd_replace(9, fd_closed(4, 0), FD_OTHER));
	assert_int_equal(fd_load(9), fd_closed(3, 0));
	assert_true(fd_replace(9, fd_closed(3, 0), FD_OTHER));
	assert_int_equal(fd_load(9), FD_OTHER);
	fd_swap(9, FD_UNKNOWN);
}

static void a_new_socket_has_one_descriptor_and_clean_counters(void **state)
{
	fd_word first, second;
	struct socket *s = socket_new(stream, &first);
	uint64_t number = s->sock;

	(void)state;
	assert_int_equal(fd_kind(first), FD_SOCKET);
	assert_ptr_equal(socket_of(first), s);
	assert_int_equal(socket_refs(s), 1);
	assert_int_equal(socket_life(s).type, SOCK_STREAM);
	s->rx = s->tx = s->last = s->stack = 77;
	socket_keep_cookie(s, 77, number);
	assert_int_equal(socket_cookie(s), 77);
	assert_true(socket_unref(first));

	struct socket *again = socket_new(stream, &second);
	assert_ptr_equal(again, s); /* the record is used again, the number is not */
	assert_true(again->sock > number);
	assert_int_equal(again->rx + again->tx + again->last + again->stack + socket_cookie(again), 0);
	socket_keep_cookie(again, 78, number); /* by a thread that asked for the former one */
	assert_int_equal(socket_cookie(again), 0);
	assert_int_not_equal(first, second);
	assert_null(socket_of(first));
	assert_true(socket_unref(second));
}

static void a_socket_ends_with_its_last_descriptor(void **state)
{
	fd_word w;
	struct socket *s = socket_new(stream, &w);

	(void)state;
	assert_true(socket_ref(w));
	assert_true(socket_ref(w));
	assert_int_equal(socket_refs(s), 3);
	assert_false(socket_unref(w));
	assert_false(socket_unref(w));
	assert_ptr_equal(socket_of(w), s);
	assert_true(socket_unref(w));
	assert_null(socket_of(w));
}

static void an_ended_socket_can_neither_be_counted_nor_ended_again(void **state)
{
	fd_word w;

	(void)state;
	socket_new(stream, &w);
	assert_true(socket_unref(w));
	assert_false(socket_unref(w));
	assert_false(socket_ref(w));
}

static void words_that_are_no_socket_have_no_record(void **state)
{
	(void)state;
	assert_null(socket_of(FD_UNKNOWN));
	assert_null(socket_of(FD_OTHER));
	assert_null(socket_of(fd_closed(1, 0)));
	assert_false(socket_ref(FD_OTHER));
	assert_false(socket_unref(fd_closed(1, 0)));
}

static void sockets_beyond_the_first_pool_are_as_good(void **state)
{
	enum { MANY = 10000 };
	static fd_word w[MANY];

	(void)state;
	for (int i = 0; i < MANY; i++) {
		assert_non_null(socket_new(stream, &w[i]));
		if (i)
			assert_true(socket_of(w[i])->sock > socket_of(w[i - 1])->sock);
	}
	for (int i = 0; i < MANY; i++)
		assert_true(socket_unref(w[i]));
	for (int i = 0; i < MANY; i++)
		assert_null(socket_of(w[i]));
}

/* What eight threads did to a few numbers at once. Low ones, and high ones of the same and of several chunks. */
static const int shared[] = {3, 4, 5, 6, 7, FD_LOW - 1, FD_LOW, 70000, 70001, 200000};
enum { N_SHARED = sizeof shared / sizeof *shared, TURNS = 40000, NUMBERS = THREADS * TURNS + 20000 };
static unsigned made[NUMBERS], ended[NUMBERS];
static unsigned changed_under_a_reference, vanished_under_a_reference;

static void end_of(fd_word w)
{
	/* This descriptor is ours alone to drop, so the record cannot have been used again. */
	struct socket *s = socket_of(w);
	uint64_t number = s ? s->sock : 0;

	if (!s)
		__atomic_fetch_add(&vanished_under_a_reference, 1, __ATOMIC_RELAXED);
	if (socket_unref(w))
		__atomic_fetch_add(&ended[number], 1, __ATOMIC_RELAXED);
}

static void put(int fd, fd_word w)
{
	fd_word old = fd_swap(fd, w);

	if (fd_kind(old) == FD_SOCKET)
		end_of(old);
}

static void use_at_random(unsigned number)
{
	uint64_t seed = 88172645463325252ull + number;

	for (int turn = 0; turn < TURNS; turn++) {
		int fd = shared[next_random(&seed) % N_SHARED], other = shared[next_random(&seed) % N_SHARED];
		fd_word w;
		struct socket *s;

		switch (next_random(&seed) % 4) {
		case 0: /* make */
			s = socket_new(stream, &w);
			__atomic_fetch_add(&made[s->sock], 1, __ATOMIC_RELAXED);
			put(fd, w);
			break;
		case 1: /* close */
			w = fd_load(fd);
			s = socket_of(w);
			if (s && fd_replace(fd, w, fd_closed(1, 0)))
				end_of(w);
			break;
		case 2: /* dup over */
			w = fd_load(fd);
			if (socket_ref(w))
				put(other, w);
			break;
		default: /* hold */
			w = fd_load(fd);
			if (!socket_ref(w))
				break;
			s = socket_of(w);
			if (s) {
				uint64_t before = s->sock;
				__atomic_fetch_add(&s->rx, 1, __ATOMIC_RELAXED);
				if (socket_of(w) != s || s->sock != before)
					__atomic_fetch_add(&changed_under_a_reference, 1, __ATOMIC_RELAXED);
			}
			end_of(w);
		}
	}
}

static void eight_threads_at_random_end_each_socket_exactly_once(void **state)
{
	unsigned sockets = 0;

	(void)state;
	in_threads(use_at_random);
	for (int i = 0; i < N_SHARED; i++)
		put(shared[i], FD_UNKNOWN);
	assert_int_equal(changed_under_a_reference, 0);
	assert_int_equal(vanished_under_a_reference, 0);
	for (int i = 0; i < NUMBERS; i++) {
		if (made[i] != ended[i] || made[i] > 1)
			fail_msg("socket %d: made %u times and ended %u times, expected both once or never", i, made[i],
				 ended[i]);
		sockets += made[i];
	}
	assert_true(sockets > TURNS);
}

static fd_word contended;
static unsigned lasts, counted;

static void unref_one(unsigned number)
{
	(void)number;
	for (int i = 0; i < 1000; i++)
		if (socket_ref(contended))
			__atomic_fetch_add(&counted, 1, __ATOMIC_RELAXED);
	for (int i = 0; i < 1000; i++)
		if (socket_unref(contended))
			__atomic_fetch_add(&lasts, 1, __ATOMIC_RELAXED);
}

static void of_many_that_let_go_at_once_one_is_last(void **state)
{
	(void)state;
	assert_non_null(socket_new(stream, &contended));
	in_threads(unref_one);
	assert_int_equal(counted, THREADS * 1000);
	assert_int_equal(lasts, 0);
	assert_true(socket_unref(contended));
}

static unsigned winners;

static void replace_one(unsigned number)
{
	for (int i = 0; i < 1000; i++)
		if (fd_replace(300000 + i, fd_closed(1, 0), fd_closed(2 + number, 0)))
			__atomic_fetch_add(&winners, 1, __ATOMIC_RELAXED);
}

static void of_many_that_replace_one_word_one_succeeds(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++)
		fd_swap(300000 + i, fd_closed(1, 0));
	in_threads(replace_one);
	assert_int_equal(winners, 1000);
	for (int i = 0; i < 1000; i++)
		fd_swap(300000 + i, FD_UNKNOWN);
}

static uint64_t given[THREADS][1000];

static void number_some(unsigned number)
{
	for (int i = 0; i < 1000; i++)
		given[number][i] = socket_number();
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void numbers_of_sockets_are_never_given_twice(void **state)
{
	uint64_t *all = &given[0][0];

	(void)state;
	in_threads(number_some);
	qsort(all, THREADS * 1000, sizeof *all, compare);
	for (int i = 1; i < THREADS * 1000; i++)
		assert_true(all[i] == all[i - 1] + 1);
}

static void store_high(unsigned number)
{
	for (int chunk = 100; chunk < 164; chunk++)
		fd_swap((chunk << 16) + (int)number, fd_closed(number + 1, 0));
}

static void chunks_mapped_by_many_threads_at_once_lose_nothing(void **state)
{
	(void)state;
	in_threads(store_high);
	for (int chunk = 100; chunk < 164; chunk++)
		for (unsigned number = 0; number < THREADS; number++)
			assert_int_equal(fd_load((chunk << 16) + (int)number), fd_closed(number + 1, 0));
}

static void a_tombstone_leads_to_its_socket_while_that_lives(void **state)
{
	struct life life = {.state = 1};
	fd_word w, other;
	struct socket *s = socket_new(life, &w);

	(void)state;
	assert_non_null(s);
	fd_word tombstone = fd_closed(s->sock, w);
	assert_int_equal(fd_closed_sock(tombstone), s->sock);
	assert_int_equal(fd_closed_sock(tombstone | FD_TOLD), s->sock);
	assert_int_equal(fd_ending(tombstone), w);
	assert_int_equal(fd_ending(tombstone | FD_TOLD), w);
	assert_int_equal(fd_ending(w), 0);
	assert_int_equal(fd_ending(FD_OTHER), 0);
	assert_int_equal(fd_ending(fd_closed(s->sock, FD_UNKNOWN)), 0);
	assert_true(socket_unref(w));
	assert_int_equal(fd_ending(tombstone), 0);
	assert_ptr_equal(socket_new(life, &other), s); /* the record is another socket's */
	assert_int_equal(fd_ending(tombstone), 0);
	assert_true(socket_unref(other));
	assert_int_equal(fd_closed_sock(fd_closed((1ull << 39) - 1, ~0ull)), (1ull << 39) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tombstone_leads_to_its_socket_while_that_lives),
		cmocka_unit_test(a_number_never_stored_is_unknown),
		cmocka_unit_test(no_number_is_stored_below_zero),
		cmocka_unit_test(any_number_up_to_the_largest_can_be_stored),
		cmocka_unit_test(a_high_number_costs_no_memory_until_it_holds_a_descriptor),
		cmocka_unit_test(replace_stores_only_over_what_it_was_told),
		cmocka_unit_test(a_new_socket_has_one_descriptor_and_clean_counters),
		cmocka_unit_test(a_socket_ends_with_its_last_descriptor),
		cmocka_unit_test(an_ended_socket_can_neither_be_counted_nor_ended_again),
		cmocka_unit_test(words_that_are_no_socket_have_no_record),
		cmocka_unit_test(sockets_beyond_the_first_pool_are_as_good),
		cmocka_unit_test(eight_threads_at_random_end_each_socket_exactly_once),
		cmocka_unit_test(of_many_that_let_go_at_once_one_is_last),
		cmocka_unit_test(of_many_that_replace_one_word_one_succeeds),
		cmocka_unit_test(numbers_of_sockets_are_never_given_twice),
		cmocka_unit_test(chunks_mapped_by_many_threads_at_once_lose_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
