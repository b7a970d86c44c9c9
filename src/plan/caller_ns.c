/* caller_ns.c - the namespaces that the bundle names by path, and id maps as
 * /proc shows them.
 *
 * A namespace is opened once here, to be told apart and to find its owner;
 * the stage opens it again.  NS_GET_USERNS answers only for namespaces that
 * belong to our user namespace or one below it, so an owner that it does not
 * tell is one where we have no rights.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/own.h"
#include "base/str.h"
#include "plan/make.h"

static uint64_t inode_of_own(enum ns_kind kind)
{
	char path[64];
	struct stat st;

	(void)snprintf(path, sizeof(path), "/proc/self/ns/%s",
		       ns_proc_names[kind]);
	return stat(path, &st) < 0 ? 0 : st.st_ino;
}

static uint64_t inode_of_owner(int ns_fd)
{
	autoclose int fd = ioctl(ns_fd, NS_GET_USERNS);
	struct stat st;

	return fd < 0 || fstat(fd, &st) < 0 ? 0 : st.st_ino;
}

static int check_kind(int fd, size_t i, enum ns_kind kind, const char *path,
		      struct err *e)
{
	int flag = ioctl(fd, NS_GET_NSTYPE);

	if (flag < 0) {
		err_set(e, EINVAL,
			"linux.namespaces[%zu].path: %s is no namespace", i,
			path);
		return err_hint(e,
				"name a file such as /proc/PID/ns/%s, or one "
				"that it is bind-mounted on",
				ns_proc_names[kind]);
	}
	if (flag == ns_clone_flags[kind])
		return 0;
	for (int k = 0; k < NS_KINDS; k++)
		if (flag == ns_clone_flags[k])
			return err_set(e, EINVAL,
				       "linux.namespaces[%zu].path: %s is a "
				       "namespace of type \"%s\", not \"%s\"",
				       i, path, ns_spec_names[k],
				       ns_spec_names[kind]);
	return err_set(e, EINVAL,
		       "linux.namespaces[%zu].path: %s is not of type \"%s\"",
		       i, path, ns_spec_names[kind]);
}

static int read_one(const struct spec_namespace *from, size_t i,
		    struct caller *c, struct err *e)
{
	enum ns_kind kind = (enum ns_kind)from->type;
	/* A fifo would be waited for. */
	autoclose int fd = open(from->path,
				O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct caller_ns *ns = &c->ns[kind];
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, "linux.namespaces[%zu].path: open %s", i,
			       from->path);
	r = check_kind(fd, i, kind, from->path, e);
	if (r < 0)
		return r;
	ns->path = from->path;
	ns->inode = st.st_ino;
	ns->is_own = st.st_ino == inode_of_own(kind);
	ns->owner_inode = inode_of_owner(fd);
	ns->owner_is_own = ns->owner_inode != 0 &&
			   ns->owner_inode == inode_of_own(NS_USER);
	return 0;
}

int caller_read_namespaces(const struct spec *spec, struct caller *c,
			   struct err *e)
{
	const struct spec_linux *l = spec->linux_;
	const struct spec_namespace *from = l ? l->namespaces.v : NULL;
	uint64_t joined;
	int r = 0;

	for (size_t i = 0; r == 0 && l && i < l->namespaces.n; i++)
		if (from[i].path)
			r = read_one(&from[i], i, c, e);
	joined = c->ns[NS_USER].path ? c->ns[NS_USER].inode : 0;
	for (int k = 0; k < NS_KINDS; k++)
		c->ns[k].owner_is_joined = joined != 0 &&
					   c->ns[k].owner_inode == joined;
	return r;
}

/* --- id maps */

static bool read_id(const char **text, uint32_t *ret)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(*text, &end, 10);
	if (end == *text || errno != 0 || value > UINT32_MAX)
		return false;
	*ret = (uint32_t)value;
	*text = end;
	return true;
}

bool idmap_from_text(const char *text, struct arena *a, struct id_range **ret,
		     size_t *ret_n)
{
	size_t lines = 0;

	for (const char *s = text; *s; s++)
		lines += *s == '\n';
	*ret_n = 0;
	*ret = arena_zero_n(a, lines + 1, sizeof(**ret));
	while (*text) {
		struct id_range *l = &(*ret)[*ret_n];

		if (!read_id(&text, &l->inside) ||
		    !read_id(&text, &l->outside) || !read_id(&text, &l->count))
			return false;
		if (*text != '\n')
			return *text == '\0' && ++*ret_n > 0;
		(*ret_n)++;
		text++;
	}
	return *ret_n > 0;
}

static bool is_everything(const struct id_range *v, size_t n)
{
	return n == 1 && v->inside == 0 && v->outside == 0 &&
	       v->count == UINT32_MAX;
}

bool caller_map_is_initial(const struct caller *c)
{
	return is_everything(c->uid_map, c->n_uid_map) &&
	       is_everything(c->gid_map, c->n_gid_map);
}
