/* passwd.c - a line of passwd(5), found in a text that nobody vouches for. */
#include "base/passwd.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/own.h"

#define PASSWD_MAX ((size_t)16 << 20)

enum { NAME, PASSWORD, UID, GID, GECOS, HOME, FIELDS };

struct slice {
	const char *text;
	size_t len;
};

/* A whole field of decimal digits. */
static bool read_id(const struct slice *s, uint32_t *ret)
{
	uint64_t value = 0;

	if (s->len == 0 || s->len > 10)
		return false;
	for (size_t i = 0; i < s->len; i++) {
		if (s->text[i] < '0' || s->text[i] > '9')
			return false;
		value = value * 10 + (uint64_t)(s->text[i] - '0');
	}
	*ret = (uint32_t)value;
	return value <= UINT32_MAX;
}

/* name:password:uid:gid:gecos:home[:shell] */
static bool split(const char *line, size_t len, struct slice fields[FIELDS])
{
	const char *end = line + len;

	for (int i = 0; i < FIELDS; i++) {
		const char *colon = memchr(line, ':', (size_t)(end - line));

		if (!colon && i < HOME)
			return false;
		fields[i].text = line;
		fields[i].len = (size_t)((colon ? colon : end) - line);
		line = colon ? colon + 1 : end;
	}
	return true;
}

bool passwd_find(const char *text, size_t len, uint32_t uid,
		 struct passwd_line *ret)
{
	const char *end = text + len;

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *stop = newline ? newline : end;
		struct slice f[FIELDS];
		uint32_t id, gid;

		if (split(text, (size_t)(stop - text), f) &&
		    read_id(&f[UID], &id) && id == uid &&
		    read_id(&f[GID], &gid)) {
			*ret = (struct passwd_line){
				.name = f[NAME].text,
				.name_len = f[NAME].len,
				.home = f[HOME].text,
				.home_len = f[HOME].len,
				.gid = gid,
			};
			return true;
		}
		text = newline ? newline + 1 : end;
	}
	return false;
}

bool passwd_name(const char *path, uint32_t uid, char *ret, size_t size,
		 uint32_t *ret_gid)
{
	autofree char *text = NULL;
	struct passwd_line line;
	size_t len;

	ret[0] = '\0';
	if (file_read_at(AT_FDCWD, path, PASSWD_MAX, &text, &len) < 0 ||
	    !passwd_find(text, len, uid, &line) || line.name_len == 0 ||
	    line.name_len >= size)
		return false;
	memcpy(ret, line.name, line.name_len);
	ret[line.name_len] = '\0';
	if (ret_gid)
		*ret_gid = line.gid;
	return true;
}
