/* rootlet-ids.c - asks the user database and libsubid about one uid.
 *
 *	rootlet-ids UID
 *
 * prints lines: "user NAME GID", "uid START COUNT", "gid START COUNT".
 *
 * A program of its own because both questions load libraries (name services,
 * LDAP and SSSD clients, and with libsubid selinux, pam and audit) that would
 * cost every other command of rootlet 1.4 ms and 1.6 MB, and that a static
 * rootlet can't load.  rootlet runs it only where /etc/nsswitch.conf names
 * another source of subordinate ids than the files, or /etc/passwd does not
 * know the user.
 */
#include <inttypes.h>
#include <pwd.h>
#include <shadow/subid.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The names changed between ABI 3 and 4. */
#ifndef SUBID_ABI_MAJOR
#define SUBID_ABI_MAJOR 3
#endif
#if SUBID_ABI_MAJOR < 4
#define subid_get_uid_ranges get_subuid_ranges
#define subid_get_gid_ranges get_subgid_ranges
#define subid_init	     libsubid_init
#endif

static int print_ranges(const char *kind, const struct subid_range *ranges,
			int n)
{
	for (int i = 0; i < n; i++)
		if (printf("%s %lu %lu\n", kind, ranges[i].start,
			   ranges[i].count) < 0)
			return -1;
	return 0;
}

static int print_grants(const char *name)
{
	struct subid_range *uids = NULL;
	struct subid_range *gids = NULL;
	int n = subid_get_uid_ranges(name, &uids);
	int m = subid_get_gid_ranges(name, &gids);
	int r;

	r = print_ranges("uid", uids, n);
	if (r == 0)
		r = print_ranges("gid", gids, m);
	free(uids);
	free(gids);
	return r;
}

static bool read_uid(const char *text, uid_t *ret)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	*ret = (uid_t)value;
	return *text >= '0' && *text <= '9' && *end == '\0' &&
	       value < UINT32_MAX;
}

int main(int argc, char **argv)
{
	const struct passwd *pw;
	uid_t uid;

	if (argc != 2 || !read_uid(argv[1], &uid)) {
		(void)fprintf(stderr, "usage: rootlet-ids UID\n");
		return 2;
	}
	pw = getpwuid(uid);
	if (!pw)
		return 1;
	if (printf("user %s %u\n", pw->pw_name, pw->pw_gid) < 0)
		return 1;
	/* It complains to a log of its own: stderr, which rootlet closes. */
	(void)subid_init("rootlet-ids", stderr);
	if (print_grants(pw->pw_name) < 0 || fflush(stdout) == EOF)
		return 1;
	return 0;
}
