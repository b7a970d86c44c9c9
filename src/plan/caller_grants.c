/* caller_grants.c - which ids the caller was granted, and by whom they may be
 * mapped.
 *
 * Theory of operation: libsubid knows the grants, those of LDAP and SSSD
 * included, but loading it with all that it pulls in costs more than the rest
 * of a start's preparation (1.4 ms of 3) and 1.6 MB; so the small program
 * rootlet-ids does that.  Without a line "subid:" in /etc/nsswitch.conf it
 * would read /etc/subuid and /etc/subgid and nothing else; then, for a user
 * that /etc/passwd knows, we read those two ourselves.  newuidmap checks the
 * grants once more, so nothing can be had by a mistake here.
 *
 * A helper is usable when running it gives it the right to write the map: by
 * the setuid bit or a file capability, on a filesystem that is not nosuid, and
 * without no_new_privs.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/file.h"
#include "base/own.h"
#include "base/passwd.h"
#include "base/str.h"
#include "plan/make.h"
#include "sys/access.h"
#include "sys/tool.h"

#define GRANTS_FILE_MAX ((size_t)16 << 20)
#define IDS_OUTPUT_MAX	((size_t)1 << 20)
#define IDS_PATIENCE	10 /* seconds */
#define ID_COUNT_MAX	UINT32_MAX /* ids are 0 to 4294967294 */
/* As useradd(8) gives them. */
#define FREE_START_MIN 100000
#define GRANT_USUAL    65536

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

			if (sys_may(AT_FDCWD, file, X_OK, 0) &&
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

/* --- numbers */

static const char *read_number(const char *s, char end, uint64_t *ret)
{
	uint64_t value = 0;
	const char *first = s;

	while (*s >= '0' && *s <= '9' && value <= UINT32_MAX)
		value = value * 10 + (uint64_t)(*s++ - '0');
	*ret = value;
	return s > first && *s == end ? s + 1 : NULL;
}

static bool make_grant(uint64_t start, uint64_t count, struct id_grant *ret)
{
	if (count == 0 || start >= ID_COUNT_MAX)
		return false;
	if (count > ID_COUNT_MAX - start)
		count = ID_COUNT_MAX - start;
	*ret = (struct id_grant){ (uint32_t)start, (uint32_t)count };
	return true;
}

/* Room is doubled at each power of two. */
static void push_grant(struct arena *a, struct id_grant **v, size_t n,
		       const struct id_grant *grant)
{
	if ((n & (n - 1)) == 0) {
		struct id_grant *more = arena_zero_n(a, n ? 2 * n : 1,
						     sizeof(*more));

		if (n)
			memcpy(more, *v, n * sizeof(*more));
		*v = more;
	}
	(*v)[n] = *grant;
}

/* --- grants by rootlet-ids, which loads what we don't */

/* "START COUNT" of a line, up to its newline. */
static bool read_range(const char *s, struct id_grant *ret)
{
	uint64_t start, count;

	s = read_number(s, ' ', &start);
	s = s ? read_number(s, '\n', &count) : NULL;
	return s && make_grant(start, count, ret);
}

static void take_user(struct caller *c, const char *rest)
{
	const char *blank = strchrnul(rest, ' ');
	uint64_t gid;

	c->user_name = arena_dup(&c->arena, rest, (size_t)(blank - rest));
	if (*blank == ' ' && read_number(blank + 1, '\n', &gid))
		c->user_gid = (uint32_t)gid;
}

static void take_line(struct caller *c, const char *line)
{
	struct id_grant grant;
	const char *rest;

	if ((rest = str_after(line, "user ")))
		take_user(c, rest);
	else if ((rest = str_after(line, "uid ")) && read_range(rest, &grant))
		push_grant(&c->arena, &c->uid_grants, c->n_uid_grants++,
			   &grant);
	else if ((rest = str_after(line, "gid ")) && read_range(rest, &grant))
		push_grant(&c->arena, &c->gid_grants, c->n_gid_grants++,
			   &grant);
}

/* Does it know the user? */
static bool ask_ids(struct caller *c)
{
	autofree char *program = tool_find("rootlet-ids");
	autofree char *uid = str_format("%u", c->uid);
	autofree char *text = NULL;
	char *argv[] = { program, uid, NULL };
	int r = program ? tool_output(argv, IDS_OUTPUT_MAX, IDS_PATIENCE, &text)
			: -ENOENT;

	if (r < 0 || r >= 127) {
		c->grants_why = "the program rootlet-ids, which asks libsubid "
				"and the user database, can't be run";
		c->grants_fix = "install rootlet with 'make install', and the "
				"package libsubid4 (Debian, Ubuntu) or "
				"shadow-utils-subid (Fedora)";
		return false;
	}
	for (const char *line = text; strchr(line, '\n');
	     line = strchr(line, '\n') + 1)
		take_line(c, line);
	return c->user_name != NULL;
}

/* --- grants by file */

struct owner {
	const char *name; /* or NULL */
	uint32_t uid;
};

static bool names_owner(const char *line, const char *colon,
			const struct owner *owner)
{
	size_t n = (size_t)(colon - line);
	uint64_t uid;

	return (owner->name && strlen(owner->name) == n &&
		memcmp(owner->name, line, n) == 0) ||
	       (read_number(line, ':', &uid) == colon + 1 && uid == owner->uid);
}

/* One line, owner:start:count.  Of an owner of NULL is everything. */
static bool read_grant(const char *line, size_t len, const struct owner *owner,
		       struct id_grant *ret)
{
	const char *colon = memchr(line, ':', len);
	uint64_t start, count;
	const char *s;

	if (!colon || (owner && !names_owner(line, colon, owner)))
		return false;
	s = read_number(colon + 1, ':', &start);
	s = s ? read_number(s, line[len], &count) : NULL;
	return s && s == line + len + 1 && make_grant(start, count, ret);
}

static size_t push_grants(const char *text, const struct owner *owner,
			  struct arena *a, struct id_grant **v, size_t n)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		struct id_grant grant;

		if (read_grant(text, len, owner, &grant))
			push_grant(a, v, n++, &grant);
		text += len;
		text += *text == '\n';
	}
	return n;
}

size_t grants_from_text(const char *text, const char *name, uint32_t uid,
			struct arena *a, struct id_grant **ret)
{
	const struct owner owner = { name, uid };

	*ret = NULL;
	return push_grants(text, &owner, a, ret, 0);
}

static int by_start(const void *a, const void *b)
{
	const struct id_grant *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* Behind all, where those who left can't have left files; but rather a gap
 * than nothing. */
uint32_t grants_free_start(const char *subuid, const char *subgid)
{
	struct arena a = { 0 };
	struct id_grant *v = NULL;
	size_t n = push_grants(subuid, NULL, &a, &v, 0);
	uint64_t end = FREE_START_MIN, gap = 0;

	n = push_grants(subgid, NULL, &a, &v, n);
	if (n > 1)
		qsort(v, n, sizeof(*v), by_start);
	for (size_t i = 0; i < n; i++) {
		uint64_t to = (uint64_t)v[i].start + v[i].count;

		if (gap == 0 && v[i].start >= end + GRANT_USUAL)
			gap = end;
		end = to > end ? to : end;
	}
	arena_done(&a);
	return (uint32_t)(end + GRANT_USUAL <= ID_COUNT_MAX ? end : gap);
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

/* The user's name, group and grants, from the files or, where these are not
 * the whole truth, from rootlet-ids. */
static bool read_both(struct caller *c)
{
	char name[256];

	if (nsswitch_names_subid() ||
	    !passwd_name("/etc/passwd", c->uid, name, sizeof(name),
			 &c->user_gid)) {
		if (ask_ids(c))
			return true;
		if (c->grants_why)
			return false;
		c->grants_why = arena_format(&c->arena,
					     "uid %u has no entry in the user "
					     "database, so newuidmap refuses",
					     c->uid);
		c->grants_fix = "as root: add the user, see useradd(8)";
		return false;
	}
	c->user_name = arena_str(&c->arena, name);
	c->n_uid_grants = grants_from_file(c, "/etc/subuid", &c->uid_grants);
	c->n_gid_grants = grants_from_file(c, "/etc/subgid", &c->gid_grants);
	return true;
}

/* The helpers refuse a caller whose group is not the one that stands in its
 * entry of the user database. */
static bool check_group(struct caller *c)
{
	if (caller_is_privileged(c) || c->user_gid == c->gid)
		return true;
	c->grants_why = arena_format(&c->arena,
				     "the caller's group %u is not the group "
				     "%u of %s, so newgidmap refuses",
				     c->gid, c->user_gid, c->user_name);
	c->grants_fix = "start rootlet from a shell without newgrp or sg";
	c->n_uid_grants = c->n_gid_grants = 0;
	return false;
}

static char *read_or_empty(const char *path)
{
	autofree char *text = NULL;

	if (file_read_at(AT_FDCWD, path, GRANTS_FILE_MAX, &text, NULL) < 0)
		return str_dup("");
	return take_ptr(&text);
}

/* What root can do about it. */
static const char *advise(struct caller *c, bool uids, bool gids)
{
	autofree char *uid_text = read_or_empty("/etc/subuid");
	autofree char *gid_text = read_or_empty("/etc/subgid");
	uint32_t start = grants_free_start(uid_text, gid_text);
	autofree char *range = NULL;

	if (start == 0)
		return arena_format(&c->arena,
				    "as root: give %s ids that nobody else in "
				    "/etc/subuid and /etc/subgid has, see "
				    "usermod(8)",
				    c->user_name);
	range = str_format("%u-%u", start, start + GRANT_USUAL - 1);
	return arena_format(&c->arena, "as root: usermod%s%s%s%s %s",
			    uids ? "" : " --add-subuids ", uids ? "" : range,
			    gids ? "" : " --add-subgids ", gids ? "" : range,
			    c->user_name);
}

void caller_read_grants(struct caller *c)
{
	bool uids, gids;

	c->grants_read = true;
	if (!read_both(c) || !check_group(c))
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
	c->grants_fix = advise(c, uids, gids);
}
