/* passwd.h - a line of passwd(5), found in a text that nobody vouches for.
 *
 * getpwuid(3) loads the name services, which costs more than a whole command
 * of ours, can't be linked statically, and must never run on a container's
 * files.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Slices of the text, not '\0'-terminated. */
struct passwd_line {
	const char *name, *home;
	size_t name_len, home_len;
	uint32_t gid;
};

/* The first well-formed line of uid.  The text need not end with a newline
 * or a '\0'. */
bool passwd_find(const char *text, size_t len, uint32_t uid,
		 struct passwd_line *ret);

/* The name of uid in the file at path, "" and false when it has none. */
bool passwd_name(const char *path, uint32_t uid, char *ret, size_t size,
		 uint32_t *ret_gid);
