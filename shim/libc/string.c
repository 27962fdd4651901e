/* The shim's own string(3) functions, hidden. Libc's can be overridden by the host, another preload or a sanitizer, which may not be
 * initialized yet or may report the shim's stores as a data race.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdint.h>
#include <string.h>

#ifndef __clang__ /* gcc would turn such a loop into a call of memcpy, which is this function */
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#endif

#define ANYWHERE __attribute__((may_alias, aligned(1)))
typedef uint16_t u16 ANYWHERE;
typedef uint32_t u32 ANYWHERE;
typedef uint64_t u64 ANYWHERE;
typedef uint64_t u128 __attribute__((vector_size(16), may_alias, aligned(1)));

/* Accesses the first and the last `unit` of n bytes, which may overlap and together cover all. */
#define COPY_ENDS(unit)                                                                  \
	do {                                                                             \
		*(unit *)d = *(const unit *)s;                                           \
		*(unit *)(d + n - sizeof(unit)) = *(const unit *)(s + n - sizeof(unit)); \
	} while (0)

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
	char *d = to;
	const char *s = from;
	if (n >= 16) {
		for (size_t i = 0; i + 16 < n; i += 16)
			*(u128 *)(d + i) = *(const u128 *)(s + i);
		*(u128 *)(d + n - 16) = *(const u128 *)(s + n - 16);
	} else if (n >= 8) {
		COPY_ENDS(u64);
	} else if (n >= 4) {
		COPY_ENDS(u32);
	} else if (n >= 2) {
		COPY_ENDS(u16);
	} else if (n) {
		*d = *s;
	}
	return to;
}

void *memmove(void *to, const void *from, size_t n)
{
	char *d = to;
	const char *s = from;
	if (d < s)
		for (size_t i = 0; i < n; i++)
			d[i] = s[i];
	else
		while (n--)
			d[n] = s[n];
	return to;
}

void *mempcpy(void *restrict to, const void *restrict from, size_t n) { return (char *)memcpy(to, from, n) + n; }

void *memset(void *to, int byte, size_t n)
{
	char *d = to;
	uint64_t eight = (unsigned char)byte * 0x0101010101010101ull;
	u128 all = {eight, eight};
	if (n < 16) {
		while (n)
			d[--n] = (char)byte;
		return to;
	}
	for (size_t i = 0; i + 16 < n; i += 16)
		*(u128 *)(d + i) = all;
	*(u128 *)(d + n - 16) = all;
	return to;
}

int memcmp(const void *one, const void *other, size_t n)
{
	const unsigned char *a = one, *b = other;
	for (size_t i = 0; i < n; i++)
		if (a[i] != b[i])
			return a[i] - b[i];
	return 0;
}

void *memchr(const void *in, int byte, size_t n)
{
	const unsigned char *s = in;
	for (; n; n--, s++)
		if (*s == (unsigned char)byte)
			return (void *)s;
	return NULL;
}

void *memrchr(const void *in, int byte, size_t n)
{
	const unsigned char *s = in;
	while (n--)
		if (s[n] == (unsigned char)byte)
			return (void *)(s + n);
	return NULL;
}

void *memmem(const void *in, size_t n, const void *what, size_t len)
{
	for (const char *s = in; n >= len; n--, s++)
		if (!memcmp(s, what, len))
			return (void *)s;
	return NULL;
}

size_t strlen(const char *s)
{
	const char *at = s;
	while (*at)
		at++;
	return (size_t)(at - s);
}

size_t strnlen(const char *s, size_t most)
{
	size_t n = 0;
	while (n < most && s[n])
		n++;
	return n;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (a[i] != b[i] || !a[i])
			return (unsigned char)a[i] - (unsigned char)b[i];
	return 0;
}

int strcmp(const char *a, const char *b) { return strncmp(a, b, SIZE_MAX); }

char *stpcpy(char *restrict to, const char *restrict from)
{
	size_t n = strlen(from);
	return (char *)memcpy(to, from, n + 1) + n;
}

char *strcpy(char *restrict to, const char *restrict from)
{
	stpcpy(to, from);
	return to;
}

char *strchr(const char *s, int byte) { return memchr(s, byte, strlen(s) + 1); }

char *strrchr(const char *s, int byte) { return memrchr(s, byte, strlen(s) + 1); }

char *strstr(const char *s, const char *what) { return memmem(s, strlen(s), what, strlen(what)); }

size_t strcspn(const char *s, const char *stop)
{
	size_t n = 0;
	while (s[n] && !strchr(stop, s[n]))
		n++;
	return n;
}
