/* Sockets that a plugin makes or closes past the shim, as RTLD_DEEPBIND and dlmopen have it: `host_plugin HOW PLUGIN.so`. Numbers come
 * back again and again, so that whoever confuses two lives of one would call something a mistake.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "program.h"

#include <dlfcn.h>

static int (*made_there)(void), (*closed_there)(int), (*sent_there)(int);

static int made(void) { return MUST(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";
	void *plugin;
	char byte;
	int fd, file, pair[2];

	if (argc < 3)
		return 0;
	plugin = !strcmp(how, "dlmopen") ? dlmopen(LM_ID_NEWLM, argv[2], RTLD_NOW)
					 : dlopen(argv[2], RTLD_NOW | (!strcmp(how, "deepbind") ? RTLD_DEEPBIND : 0));
	if (!plugin) {
		fprintf(stderr, "%s\n", dlerror());
		return 99;
	}
	made_there = (int (*)(void))dlsym(plugin, "plugin_socket");
	closed_there = (int (*)(int))dlsym(plugin, "plugin_close");
	sent_there = (int (*)(int))dlsym(plugin, "plugin_send");

	for (int i = 0; i < 3; i++) {
		fd = MUST(made_there()); /* made there, closed here */
		EXPECT(close(fd) == 0);
		EXPECT(closed_there(made()) == 0); /* made here, closed there */
		EXPECT(made() == fd && close(fd) == 0);
		EXPECT(closed_there(made()) == 0); /* its number becomes a file's */
		file = MUST(open("/dev/null", O_RDONLY));
		EXPECT(file == fd && read(file, &byte, 1) == 0 && close(file) == 0);
		EXPECT(closed_there(made()) == 0); /* its number becomes a socket's that is made there */
		EXPECT(made_there() == fd && close(fd) == 0);
		EXPECT(close(made()) == 0); /* closed here, made there, used there and here */
		EXPECT(made_there() == fd && closed_there(fd) == 0);
	}
	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
	EXPECT(sent_there(pair[0]) == 1 && read(pair[1], &byte, 1) == 1);
	EXPECT(closed_there(pair[0]) == 0 && read(pair[1], &byte, 1) == 0 && close(pair[1]) == 0);
	printf("the next number is %d\n", made());
	return 0;
}
