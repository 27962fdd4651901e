/* A profile in pprof's format: see profile.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analyzer/live/profile.h"

#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "analyzer/base/hash.h"
#include "analyzer/base/util.h"

/* Field numbers, from profile.proto. */
enum {
	PROFILE_SAMPLE_TYPE = 1,
	PROFILE_SAMPLE = 2,
	PROFILE_MAPPING = 3,
	PROFILE_LOCATION = 4,
	PROFILE_FUNCTION = 5,
	PROFILE_STRING_TABLE = 6,
	PROFILE_TIME_NANOS = 9,
	PROFILE_DEFAULT_SAMPLE_TYPE = 14,
	VALUE_TYPE = 1,
	VALUE_UNIT = 2,
	SAMPLE_LOCATION_ID = 1,
	SAMPLE_VALUE = 2,
	SAMPLE_LABEL = 3,
	LABEL_KEY = 1,
	LABEL_STR = 2,
	MAPPING_ID = 1,
	MAPPING_FILENAME = 5,
	MAPPING_HAS_FUNCTIONS = 7,
	LOCATION_ID = 1,
	LOCATION_MAPPING_ID = 2,
	LOCATION_ADDRESS = 3,
	LOCATION_LINE = 4,
	LINE_FUNCTION_ID = 1,
	LINE_LINE = 2,
	FUNCTION_ID = 1,
	FUNCTION_NAME = 2,
	FUNCTION_SYSTEM_NAME = 3,
	FUNCTION_FILENAME = 4,
};

enum wire { WIRE_VARINT = 0, WIRE_BYTES = 2 };

/* The bytes of a message. */
struct message {
	unsigned char *bytes;
	size_t n, cap;
};

/* Assigns ids, from 1 on, to things with a unique text. Texts themselves are numbered from 0, which is the empty one. */
struct profile_id {
	char *text; /* the key */
	uint64_t id;
	UT_hash_handle hh;
};

struct profile {
	struct message whole, strings;
	struct profile_id *texts, *mappings, *functions, *locations;
	size_t n_types;
};

/* -- the wire ------------------------------------------------------------------------------------------------- */

static void put_byte(struct message *message, unsigned byte)
{
	GROW(message->bytes, message->n, message->cap);
	message->bytes[message->n++] = (unsigned char)byte;
}

static void put_varint(struct message *message, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		put_byte(message, (unsigned)(value & 0x7f) | 0x80);
	put_byte(message, (unsigned)value);
}

static void put_number(struct message *message, unsigned field, uint64_t value)
{
	put_varint(message, field << 3 | WIRE_VARINT);
	put_varint(message, value);
}

static void put_bytes(struct message *message, unsigned field, const void *bytes, size_t n)
{
	put_varint(message, field << 3 | WIRE_BYTES);
	put_varint(message, n);
	for (size_t i = 0; i < n; i++)
		put_byte(message, ((const unsigned char *)bytes)[i]);
}

/* Embeds a message in another; empties it for reuse. */
static void put_message(struct message *message, unsigned field, struct message *part)
{
	put_bytes(message, field, part->bytes, part->n);
	free(part->bytes);
	*part = (struct message){0};
}

/* -- ids ---------------------------------------------------------------------------------------------------------- */

/* The id of a text, of which it takes ownership; `*fresh`: it is new. */
static uint64_t id_of(struct profile_id **ids, char *text, bool *fresh)
{
	struct profile_id *known;
	HASH_FIND_STR(*ids, text, known);
	*fresh = !known;
	if (known) {
		free(text);
		return known->id;
	}
	known = xcalloc(1, sizeof *known);
	known->text = text;
	known->id = HASH_COUNT(*ids) + 1;
	HASH_ADD_KEYPTR(hh, *ids, known->text, strlen(known->text), known);
	return known->id;
}

static uint64_t string_id(struct profile *profile, const char *text)
{
	bool fresh;
	uint64_t id = id_of(&profile->texts, utf8_text(text), &fresh) - 1;
	if (fresh) {
		char *valid = utf8_text(text);
		put_bytes(&profile->strings, PROFILE_STRING_TABLE, valid, strlen(valid));
		free(valid);
	}
	return id;
}

static uint64_t mapping_id(struct profile *profile, const char *path)
{
	bool fresh;
	struct message mapping = {0};
	uint64_t id = id_of(&profile->mappings, xstrdup(path), &fresh);
	if (fresh) {
		put_number(&mapping, MAPPING_ID, id);
		put_number(&mapping, MAPPING_FILENAME, string_id(profile, path));
		put_number(&mapping, MAPPING_HAS_FUNCTIONS, 1); /* those without a name are given one */
		put_message(&profile->whole, PROFILE_MAPPING, &mapping);
	}
	return id;
}

static uint64_t function_id(struct profile *profile, const struct symbol *symbol)
{
	bool fresh;
	struct message function = {0};
	const char *module = symbol->module ? base_name(symbol->module) : "unmapped";
	char *name = !symbol->function ? xasprintf("%s+0x%llx", module, (unsigned long long)symbol->offset)
		     : *symbol->function == '<' && symbol->file /* pprof hides names in such brackets: "<module>" */
			     ? xasprintf("%s %s", base_name(symbol->file), symbol->function)
			     : xstrdup(symbol->function);
	const char *file = symbol->file ? symbol->file : "";
	uint64_t id = id_of(&profile->functions, xasprintf("%s\n%s\n%s", name, file, module), &fresh);
	if (fresh) {
		put_number(&function, FUNCTION_ID, id);
		put_number(&function, FUNCTION_NAME, string_id(profile, name));
		put_number(&function, FUNCTION_SYSTEM_NAME, string_id(profile, name));
		put_number(&function, FUNCTION_FILENAME, string_id(profile, file));
		put_message(&profile->whole, PROFILE_FUNCTION, &function);
	}
	free(name);
	return id;
}

static uint64_t location_id(struct profile *profile, const struct symbol *symbol)
{
	bool fresh;
	struct message location = {0}, line = {0};
	uint64_t function = function_id(profile, symbol),
		 mapping = symbol->module ? mapping_id(profile, symbol->module) : 0;
	uint64_t id = id_of(&profile->locations,
			    xasprintf("%llu %d %llu %llx", (unsigned long long)function, symbol->line,
				      (unsigned long long)mapping, (unsigned long long)symbol->offset),
			    &fresh);
	if (fresh) {
		put_number(&line, LINE_FUNCTION_ID, function);
		put_number(&line, LINE_LINE, symbol->line > 0 ? (uint64_t)symbol->line : 0);
		put_number(&location, LOCATION_ID, id);
		if (mapping)
			put_number(&location, LOCATION_MAPPING_ID, mapping);
		put_number(&location, LOCATION_ADDRESS, symbol->offset);
		put_message(&location, LOCATION_LINE, &line);
		put_message(&profile->whole, PROFILE_LOCATION, &location);
	}
	return id;
}

/* -- the profile ---------------------------------------------------------------------------------------------- */

struct profile *profile_new(const char *const *types, size_t n)
{
	struct profile *profile = xcalloc(1, sizeof *profile);
	struct message type = {0};
	(void)string_id(profile, "");
	for (size_t i = 0; i < n; i++) {
		put_number(&type, VALUE_TYPE, string_id(profile, types[2 * i]));
		put_number(&type, VALUE_UNIT, string_id(profile, types[2 * i + 1]));
		put_message(&profile->whole, PROFILE_SAMPLE_TYPE, &type);
	}
	put_number(&profile->whole, PROFILE_DEFAULT_SAMPLE_TYPE, string_id(profile, types[0]));
	profile->n_types = n;
	return profile;
}

void profile_add(struct profile *profile, const struct symbols *stack, const int64_t *values, const char *label,
		 const char *text)
{
	static const struct symbol unknown = {.function = "(no stack was recorded)"};
	struct message sample = {0}, part = {0};
	for (size_t i = 0; stack && i < stack->n; i++)
		put_number(&sample, SAMPLE_LOCATION_ID, location_id(profile, &stack->list[i]));
	if (!stack || !stack->n)
		put_number(&sample, SAMPLE_LOCATION_ID, location_id(profile, &unknown));
	for (size_t i = 0; i < profile->n_types; i++)
		put_number(&sample, SAMPLE_VALUE, (uint64_t)values[i]);
	if (label) {
		put_number(&part, LABEL_KEY, string_id(profile, label));
		put_number(&part, LABEL_STR, string_id(profile, text));
		put_message(&sample, SAMPLE_LABEL, &part);
	}
	put_message(&profile->whole, PROFILE_SAMPLE, &sample);
}

void profile_time(struct profile *profile, int64_t wall)
{
	put_number(&profile->whole, PROFILE_TIME_NANOS, (uint64_t)wall);
}

static void free_ids(struct profile_id *ids)
{
	struct profile_id *id, *next;
	HASH_ITER (hh, ids, id, next) {
		HASH_DEL(ids, id);
		free(id->text);
		free(id);
	}
}

/* In one write: a profile of places is small. */
static int write_compressed(FILE *out, struct message *message)
{
	enum { GZIP = 16 };
	z_stream z = {.next_in = message->bytes, .avail_in = (uInt)message->n};
	if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + GZIP, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return -1;
	uLong room = deflateBound(&z, message->n);
	unsigned char *packed = xcalloc(room, 1);
	z.next_out = packed;
	z.avail_out = (uInt)room;
	int result = deflate(&z, Z_FINISH) == Z_STREAM_END ? 0 : -1;
	if (result == 0 && fwrite(packed, 1, z.total_out, out) != z.total_out)
		result = -1;
	deflateEnd(&z);
	free(packed);
	return result;
}

int profile_write(FILE *out, struct profile *profile)
{
	struct message *whole = &profile->whole;
	for (size_t i = 0; i < profile->strings.n; i++)
		put_byte(whole, profile->strings.bytes[i]);
	int result = write_compressed(out, whole);
	free_ids(profile->texts);
	free_ids(profile->mappings);
	free_ids(profile->functions);
	free_ids(profile->locations);
	free(profile->strings.bytes);
	free(whole->bytes);
	free(profile);
	return result;
}
