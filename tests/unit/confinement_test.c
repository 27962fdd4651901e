/* What `socksan doctor` makes of SELinux and AppArmor, told from what the kernel would say of them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analyzer/doctor/confinement.h"

/* The row, in memory that the next call frees. */
static const struct checkup_row *judged(pid_t pid, struct confinement confinement)
{
	static struct checkup checkup;
	checkup_free(&checkup);
	checkup = (struct checkup){.pid = pid};
	confinement_judge(&checkup, &confinement);
	assert_int_equal(checkup.n, 1);
	assert_string_equal(checkup.rows->name, "confinement");
	assert_true((checkup.rows->result == CHECKUP_OK) == !checkup.rows->advice);
	return checkup.rows;
}

static void without_either_nothing_is_confined(void **state)
{
	(void)state;
	assert_int_equal(judged(0, (struct confinement){0})->result, CHECKUP_OK);
	assert_int_equal(judged(0, (struct confinement){.label = "docker-default (enforce)"})->result, CHECKUP_OK);
}

static void apparmor_confines_by_the_profile_of_the_process_or_the_program(void **state)
{
	(void)state;
	assert_int_equal(judged(0, (struct confinement){.apparmor = true, .label = "unconfined"})->result, CHECKUP_OK);
	assert_int_equal(judged(7, (struct confinement){.apparmor = true, .label = "nginx (complain)"})->result,
			 CHECKUP_OK);
	const struct checkup_row *row =
		judged(7, (struct confinement){.apparmor = true, .label = "docker-default (enforce)"});
	assert_int_equal(row->result, CHECKUP_NOTE);
	assert_non_null(strstr(row->found, "docker-default (enforce)"));
	row = judged(0, (struct confinement){.apparmor = true,
					     .label = "unconfined",
					     .profile = "/usr/sbin/named (enforce)"});
	assert_int_equal(row->result, CHECKUP_NOTE);
	assert_non_null(strstr(row->found, "/usr/sbin/named (enforce)"));
}

static void selinux_may_change_the_domain_of_a_command(void **state)
{
	static const char unconfined[] = "unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023";
	(void)state;
	const struct checkup_row *row = judged(0, (struct confinement){.selinux = true, .label = unconfined});
	assert_int_equal(row->result, CHECKUP_NOTE);
	assert_non_null(strstr(row->found, "LD_PRELOAD"));
	assert_int_equal(judged(7, (struct confinement){.selinux = true, .label = unconfined})->result, CHECKUP_OK);
	row = judged(7, (struct confinement){.selinux = true, .label = "system_u:system_r:httpd_t:s0"});
	assert_int_equal(row->result, CHECKUP_NOTE);
	assert_non_null(strstr(row->found, "httpd_t"));
	assert_int_equal(judged(7, (struct confinement){.selinux = true})->result, CHECKUP_NOTE);
}

static void a_profile_is_found_by_the_whole_path(void **state)
{
	char profiles[] = "docker-default (enforce)\n/usr/sbin/named-check (complain)\n/usr/sbin/named (enforce)\n",
	     copy[128];
	(void)state;
	strcpy(copy, profiles);
	assert_string_equal(confinement_profile(copy, "/usr/sbin/named"), "/usr/sbin/named (enforce)");
	strcpy(copy, profiles);
	assert_null(confinement_profile(copy, "/usr/sbin/name"));
	strcpy(copy, "");
	assert_null(confinement_profile(copy, "/usr/sbin/named"));
	judged(0, (struct confinement){0}); /* frees the others */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_either_nothing_is_confined),
		cmocka_unit_test(apparmor_confines_by_the_profile_of_the_process_or_the_program),
		cmocka_unit_test(selinux_may_change_the_domain_of_a_command),
		cmocka_unit_test(a_profile_is_found_by_the_whole_path),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
