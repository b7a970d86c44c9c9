/* caller_grants.c - which ids the caller was granted, and by whom they may be
 * mapped.
 *
 * Theory of operation: libsubid knows the grants, those of LDAP and SSSD
 * included, but loading it with all that it pulls in costs more than the rest
 * of a start's preparation (1.4 ms of 3).  Without a line "subid:" in
 * /etc/nsswitch.conf it reads /etc/subuid and /etc/subgid and nothing else;
 * then we read those two ourselves, and libsubid is not loaded.  newuidmap
 * checks the grants once more, so nothing can be had by a mistake here.
 *
 * A helper is usable when running it gives it the right to write the map: by
 * the setuid bit or a file capability, on a filesystem that is not nosuid, and
 * without no_new_privs.
 */
#include <dlfcn.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pwd.h>
#include <shadow/subid.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/file.h"
#include "base/own.h"
#include "base/str.h"
#include "plan/make.h"

#define GRANTS_FILE_MAX ((size_t)16 << 20)
#define ID_COUNT_MAX	UINT32_MAX /* ids are 0 to 4294967294 */

/* --- helpers */

struct helper {
	const char *name, *cap_name;
	unsigned cap;
};

static const struct helper uid_helper = { "newuidmap", "cap_setuid",
					  CAP_SETUID };
static const struct helper gid_helper = { "newgidmap", "cap_setgid",
					  CAP_SETGID };

static const char *find_in_path(struct arena *a, const char *name)
{
	const char *path = getenv("PATH");

	if (str_empty(path))
		path = "/usr/local/bin:/usr/bin:/bin";
	while (*path) {
		size_t len = strcspn(path, ":");
		struct stat st;

		if (*path == '/') {
			char *file = arena_format(a, "%.*s/%s", (int)len, path,
						  name);

			if (faccessat(AT_FDCWD, file, X_OK, AT_EACCESS) == 0 &&
			    stat(file, &st) == 0 && S_ISREG(st.st_mode))
				return file;
		}
		path += len;
		path += *path == ':';
	}
	return NULL;
}

static bool has_file_cap(const char *path, unsigned cap)
{
	struct vfs_ns_cap_data data = { 0 };
	ssize_t n = getxattr(path, "security.capability", &data, sizeof(data));
	uint32_t word;

	if (n < (ssize_t)(2 * sizeof(uint32_t)))
		return false;
	word = le32toh(data.data[cap / 32].permitted);
	return word >> (cap % 32) & 1;
}

/* Says why a helper can't be used, or returns its path. */
static const char *check_helper(struct caller *c, const struct helper *h)
{
	const char *path = find_in_path(&c->arena, h->name);
	struct statvfs fs;
	struct stat st;

	if (!path) {
		c->helpers_why = arena_format(&c->arena, "%s is not installed",
					      h->name);
		c->helpers_fix = "install the package uidmap (Debian, Ubuntu) "
				 "or shadow-utils (Fedora)";
		return NULL;
	}
	if (stat(path, &st) == 0 && !(st.st_mode & S_ISUID && st.st_uid == 0) &&
	    !has_file_cap(path, h->cap)) {
		c->helpers_why = arena_format(
			&c->arena,
			"%s has neither the setuid bit nor the capability %s",
			path, h->cap_name);
		c->helpers_fix = arena_format(&c->arena,
					      "as root: chmod u+s %s", path);
		return NULL;
	}
	if (statvfs(path, &fs) == 0 && fs.f_flag & ST_NOSUID) {
		c->helpers_why = arena_format(
			&c->arena,
			"%s lies on a filesystem mounted nosuid, so it gains "
			"no rights",
			path);
		c->helpers_fix = "as root: remount that filesystem with suid";
		return NULL;
	}
	return path;
}

void caller_read_helpers(struct caller *c)
{
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1) {
		c->helpers_why = "no_new_privs is set for the caller, so "
				 "newuidmap gains no rights";
		c->helpers_fix = "start rootlet without no_new_privs "
				 "(systemd: NoNewPrivileges=no)";
		return;
	}
	c->newuidmap = check_helper(c, &uid_helper);
	if (c->newuidmap)
		c->newgidmap = check_helper(c, &gid_helper);
}

/* --- grants by libsubid */

typedef int get_ranges(const char *owner, struct subid_range **ret);

struct library {
	get_ranges *uids, *gids;
	FILE *log; /* owned; libsubid's messages go there, to /dev/null */
};

/* A function by its name of ABI 4 and 5, or by that of 3. */
static get_ranges *find_function(void *handle, const char *name,
				 const char *old_name)
{
	void *f = dlsym(handle, name);

	if (!f)
		f = dlsym(handle, old_name);
	return (get_ranges *)f;
}

/* It stays loaded: what it registered with libc is not ours to undo. */
static bool library_open(struct library *ret)
{
	static const char *const names[] = { "libsubid.so.5", "libsubid.so.4",
					     "libsubid.so.3" };
	bool (*init)(const char *, FILE *);
	void *handle = NULL;

	for (size_t i = 0; !handle && i < sizeof(names) / sizeof(*names); i++)
		handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
	if (!handle)
		return false;
	ret->uids = find_function(handle, "subid_get_uid_ranges",
				  "get_subuid_ranges");
	ret->gids = find_function(handle, "subid_get_gid_ranges",
				  "get_subgid_ranges");
	init = (bool (*)(const char *, FILE *))dlsym(handle, "subid_init");
	if (!init)
		init = (bool (*)(const char *, FILE *))dlsym(handle,
							     "libsubid_init");
	ret->log = fopen("/dev/null", "we");
	if (init && ret->log)
		(void)init("rootlet", ret->log);
	return ret->uids && ret->gids;
}

static size_t grants_from_library(struct caller *c, get_ranges *get,
				  struct id_grant **ret)
{
	struct subid_range *ranges = NULL;
	int n = get(c->user_name, &ranges);
	size_t kept = 0;

	if (n <= 0)
		return 0;
	*ret = arena_zero_n(&c->arena, (size_t)n, sizeof(**ret));
	for (int i = 0; i < n; i++) {
		unsigned long start = ranges[i].start, count = ranges[i].count;

		if (start >= ID_COUNT_MAX || count == 0)
			continue;
		if (count > ID_COUNT_MAX - start)
			count = ID_COUNT_MAX - start;
		(*ret)[kept++] = (struct id_grant){ (uint32_t)start,
						    (uint32_t)count };
	}
	free(ranges);
	return kept;
}

/* --- grants by file */

static const char *read_number(const char *s, char end, uint64_t *ret)
{
	uint64_t value = 0;
	const char *first = s;

	while (*s >= '0' && *s <= '9' && value <= UINT32_MAX)
		value = value * 10 + (uint64_t)(*s++ - '0');
	*ret = value;
	return s > first && *s == end ? s + 1 : NULL;
}

/* One line, owner:start:count. */
static bool read_grant(const char *line, size_t len, const char *name,
		       uint32_t uid, struct id_grant *ret)
{
	const char *colon = memchr(line, ':', len);
	uint64_t owner, start, count;
	size_t n;
	const char *s;

	if (!colon)
		return false;
	n = (size_t)(colon - line);
	if (!(name && strlen(name) == n && memcmp(name, line, n) == 0) &&
	    !(read_number(line, ':', &owner) == colon + 1 && owner == uid))
		return false;
	s = read_number(colon + 1, ':', &start);
	s = s ? read_number(s, line[len], &count) : NULL;
	if (!s || s != line + len + 1 || count == 0 || start >= ID_COUNT_MAX)
		return false;
	if (count > ID_COUNT_MAX - start)
		count = ID_COUNT_MAX - start;
	*ret = (struct id_grant){ (uint32_t)start, (uint32_t)count };
	return true;
}

size_t grants_from_text(const char *text, const char *name, uint32_t uid,
			struct arena *a, struct id_grant **ret)
{
	size_t n = 0, room = 0;

	*ret = NULL;
	while (*text) {
		size_t len = strcspn(text, "\n");
		struct id_grant grant;

		if (read_grant(text, len, name, uid, &grant)) {
			if (n == room) {
				struct id_grant *more;

				room = room ? 2 * room : 8;
				more = arena_zero_n(a, room, sizeof(*more));
				if (n)
					memcpy(more, *ret, n * sizeof(*more));
				*ret = more;
			}
			(*ret)[n++] = grant;
		}
		text += len;
		text += *text == '\n';
	}
	return n;
}

/* Is somebody else than the two files asked?  A line "subid: …". */
static bool nsswitch_names_subid(void)
{
	autofree char *text = NULL;
	const char *line;

	if (file_read_at(AT_FDCWD, "/etc/nsswitch.conf", 1U << 20, &text,
			 NULL) < 0)
		return false;
	for (line = text; line; line = strchr(line, '\n')) {
		line += strspn(line, " \t\n");
		if (str_after(line, "subid"))
			return true;
	}
	return false;
}

static size_t grants_from_file(struct caller *c, const char *path,
			       struct id_grant **ret)
{
	autofree char *text = NULL;

	if (file_read_at(AT_FDCWD, path, GRANTS_FILE_MAX, &text, NULL) < 0)
		return 0;
	return grants_from_text(text, c->user_name, c->uid, &c->arena, ret);
}

static bool read_both(struct caller *c)
{
	struct library lib = { 0 };

	if (!nsswitch_names_subid()) {
		c->n_uid_grants = grants_from_file(c, "/etc/subuid",
						   &c->uid_grants);
		c->n_gid_grants = grants_from_file(c, "/etc/subgid",
						   &c->gid_grants);
		return true;
	}
	if (!library_open(&lib)) {
		c->grants_why = "/etc/nsswitch.conf names a source of "
				"subordinate ids, and libsubid, which asks it, "
				"is not installed";
		c->grants_fix = "install the package libsubid4 (Debian, "
				"Ubuntu) or shadow-utils-subid (Fedora)";
		return false;
	}
	c->n_uid_grants = grants_from_library(c, lib.uids, &c->uid_grants);
	c->n_gid_grants = grants_from_library(c, lib.gids, &c->gid_grants);
	if (lib.log)
		(void)fclose(lib.log);
	return true;
}

/* The helpers know a caller by its entry in the user database only, and
 * refuse one whose group is not the one that stands there. */
static bool read_user(struct caller *c)
{
	struct passwd entry, *found = NULL;
	char buffer[4096];

	if (getpwuid_r(c->uid, &entry, buffer, sizeof(buffer), &found) == 0 &&
	    found) {
		c->user_name = arena_str(&c->arena, entry.pw_name);
		if (caller_is_privileged(c) || entry.pw_gid == c->gid)
			return true;
		c->grants_why = arena_format(
			&c->arena,
			"the caller's group %u is not the group %u of %s, so "
			"newgidmap refuses",
			c->gid, entry.pw_gid, c->user_name);
		c->grants_fix = "start rootlet from a shell without newgrp "
				"or sg";
		return false;
	}
	c->grants_why = arena_format(&c->arena,
				     "uid %u has no entry in the user "
				     "database, so newuidmap refuses",
				     c->uid);
	c->grants_fix = "as root: add the user, see useradd(8)";
	return false;
}

void caller_read_grants(struct caller *c)
{
	bool uids, gids;

	c->grants_read = true;
	if (!read_user(c) || !read_both(c))
		return;
	uids = c->n_uid_grants > 0;
	gids = c->n_gid_grants > 0;
	if (uids && gids)
		return;
	c->grants_why =
		uids || gids
			? arena_format(&c->arena, "%s has no range for %s",
				       uids ? "/etc/subgid" : "/etc/subuid",
				       c->user_name)
			: arena_format(
				  &c->arena,
				  "neither /etc/subuid nor /etc/subgid has "
				  "a range for %s",
				  c->user_name);
	c->grants_fix = arena_format(&c->arena, "as root: usermod%s%s %s",
				     uids ? "" : " --add-subuids 100000-165535",
				     gids ? "" : " --add-subgids 100000-165535",
				     c->user_name);
}
