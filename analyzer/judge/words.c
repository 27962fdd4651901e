/* Words and phrases that messages share.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/judge/words.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/util.h"

const char *op_of(const struct finding *finding) { return finding->ops[ROLE_AT] ? finding->ops[ROLE_AT] : "a call"; }

const char *state_words(enum state state)
{
	static const char *const words[STATES] = {
		[STATE_CLOSED] = "neither bound nor connected",
		[STATE_BOUND] = "bound, but neither listening nor connected",
		[STATE_CONNECTING] = "still connecting",
		[STATE_ESTABLISHED] = "connected",
		[STATE_LISTENING] = "listening",
		[STATE_CLOSE_WAIT] = "closed by its peer",
		[STATE_FIN_WAIT] = "shut down for writing",
		[STATE_CLOSING] = "shut down both ways",
	};
	return state >= 0 && words[state] ? words[state] : "in no state for it";
}

char *process_words(const struct traced_process *process)
{
	const char *name = process_name(process);
	return xasprintf("pid %lld%s%s", (long long)process->pid, name ? " " : "", name ? name : "");
}

char *crossing(const struct finding *finding)
{
	const struct traced_process *giver = finding->giver, *taker = finding->taker;
	if (!giver || !taker)
		return xstrdup("");
	bool family = taker->parent && taker->parent->pid == giver->pid && taker->pid != giver->pid;
	char *from = process_words(giver), *to = process_words(taker);
	char *text = giver->pid == taker->pid ? xasprintf("%s kept it when it became %s", from,
							  process_name(taker) ? process_name(taker) : "another program")
					      : xasprintf("%s%s passed it to %s%s", family ? "parent " : "", from,
							  family ? "child " : "", to);
	free(from);
	free(to);
	return text;
}

char *amount_of_time(const struct finding *finding)
{
	char *time = time_text(finding->amount), *text;
	text = xasprintf("%s%s", finding->count == 1 ? "" : "up to ", time);
	free(time);
	return text;
}

char *registered_words(const struct finding *finding, char *message)
{
	uint64_t n = finding->registered.count;
	bool open = finding->registered.open;
	const char *are = n == 1 ? open ? "is" : "was" : open ? "are" : "were";
	char *text = xasprintf("%s; %llu descriptor%s %s registered in %s", message, (unsigned long long)n,
			       n == 1 ? "" : "s", are, finding->count == 1 ? "it" : "the first");
	free(message);
	return text;
}

const char *kind_words(enum kind kind, const char *op)
{
	static const char *const words[KINDS] = {
#define KIND(id, words) [KIND_##id] = words,
#include "shim/model/kind.def"
#undef KIND
	};
	static const struct {
		const char *op, *words;
	} owners[] = {
		{"fopen", "stream"},	       {"fopen64", "stream"},		{"freopen", "stream"},
		{"freopen64", "stream"},       {"tmpfile", "stream"},		{"tmpfile64", "stream"},
		{"popen", "stream of a pipe"}, {"opendir", "directory stream"},
	};
	for (size_t i = 0; op && i < sizeof owners / sizeof *owners; i++)
		if (strcmp(owners[i].op, op) == 0)
			return owners[i].words;
	return words[kind];
}

const char *article(const char *words) { return strchr("aeio", words[0]) ? "an" : "a"; }

const char *socket_kind(const struct finding *finding)
{
	return finding->kind == KIND_socket ? kind_of_socket(finding->family, finding->type)
					    : kind_words(finding->kind, finding->ops[ROLE_OPENED]);
}

const char *kind_of_socket(const char *family, const char *type)
{
	static const struct {
		const char *family, *type, *kind;
	} kinds[] = {
		{"AF_INET", "SOCK_STREAM", "TCP socket"},
		{"AF_INET6", "SOCK_STREAM", "TCP socket"},
		{"AF_INET", "SOCK_DGRAM", "UDP socket"},
		{"AF_INET6", "SOCK_DGRAM", "UDP socket"},
		{"AF_UNIX", "SOCK_STREAM", "Unix stream socket"},
		{"AF_UNIX", "SOCK_DGRAM", "Unix datagram socket"},
		{"AF_INET", "SOCK_RAW", "raw socket"},
		{"AF_INET6", "SOCK_RAW", "raw socket"},
		{"AF_UNIX", NULL, "Unix socket"},
		{"AF_NETLINK", NULL, "netlink socket"},
		{"AF_PACKET", NULL, "packet socket"},
		{"AF_VSOCK", NULL, "vsock socket"},
	};
	for (size_t i = 0; family && type && i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(kinds[i].family, family) == 0 && (!kinds[i].type || strcmp(kinds[i].type, type) == 0))
			return kinds[i].kind;
	return "socket";
}
