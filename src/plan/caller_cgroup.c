/* caller_cgroup.c - where the caller could have a cgroup made.
 *
 * Theory of operation: /proc/self/cgroup tells which cgroup of version 2 we are
 * in, as our cgroup namespace has it, and the mount shows the same tree.  The
 * kernel lets us make a child where we may write the directory, and lets us put
 * a process there where we may also write cgroup.procs of it and of whatever
 * cgroup it has in common with the one that the process comes from.  So no more
 * than these files are asked, in own, in the one above and in what the bundle
 * names; who "may write" is the kernel's to say, root included (a mount may be
 * read-only).
 *
 * On a hybrid host version 2 is on /sys/fs/cgroup/unified, with the controllers
 * that version 1 has left.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/own.h"
#include "base/str.h"
#include "plan/make.h"
#include "sys/access.h"

#define CGROUP_FS_DIR  "/sys/fs/cgroup"
#define CGROUP_UNIFIED CGROUP_FS_DIR "/unified"
#define CGROUP_TEXT    65536

const struct field_name cgroup_controller_names[] = {
	{ "cpu", CG_CPU },   { "cpuset", CG_CPUSET },
	{ "io", CG_IO },     { "memory", CG_MEMORY },
	{ "pids", CG_PIDS }, { "hugetlb", CG_HUGETLB },
	{ "rdma", CG_RDMA }, { "misc", CG_MISC },
	{ NULL, 0 },
};

/* --- texts */

unsigned cgroup_controllers_from_text(const char *text)
{
	unsigned found = 0;

	while (*(text += strspn(text, " \n"))) {
		size_t len = strcspn(text, " \n");

		for (const struct field_name *f = cgroup_controller_names;
		     f->name; f++)
			if (strlen(f->name) == len &&
			    memcmp(f->name, text, len) == 0)
				found |= 1U << f->value;
		text += len;
	}
	return found;
}

const char *cgroup_own_from_text(const char *text, struct arena *a)
{
	const char *line = str_after(text, "0::");

	if (!line) {
		line = strstr(text, "\n0::");
		line = line ? line + strlen("\n0::") : NULL;
	}
	/* Outside of our cgroup namespace it is "/.."; the name does not help
	 * then, nor that of one that has been removed. */
	if (!line || *line != '/' || str_after(line, "/../") ||
	    str_after(line, "/..\n"))
		return NULL;
	return arena_dup(a, line, strcspn(line, "\n"));
}

const char *cgroup_parent_of(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash != path
		       ? arena_dup(a, path, (size_t)(slash - path))
		       : "/";
}

/* What two cgroups have in common: "/a" of "/a/b/c" and "/a/bc". */
static const char *common_of(struct arena *a, const char *one,
			     const char *other)
{
	size_t same = 0;

	for (size_t i = 0;; i++) {
		bool ends_one = one[i] == '/' || one[i] == '\0';
		bool ends_other = other[i] == '/' || other[i] == '\0';

		if (ends_one && ends_other)
			same = i;
		if (one[i] != other[i] || one[i] == '\0')
			break;
	}
	return same > 0 ? arena_dup(a, one, same) : "/";
}

/* A component of its path is a batch scheduler's: "slurmstepd.scope". */
static bool is_batch(const char *path)
{
	static const char *const words[] = { "slurm",  "pbs",	   "torque",
					     "condor", "htcondor", "lsf",
					     "sge",    "flux" };

	for (const char *s = path; (s = strchr(s, '/')); s++)
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (str_after(s + 1, words[i]))
				return true;
	return false;
}

/* --- questions to the host */

static bool is_cgroup2(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 &&
	       (unsigned long)fs.f_type == CGROUP2_SUPER_MAGIC;
}

static char *file_of(const struct caller_cgroup *g, const char *path,
		     const char *name)
{
	return str_format("%s%s/%s", g->mount, str_eq(path, "/") ? "" : path,
			  name);
}

static bool has_file(const struct caller_cgroup *g, const char *path,
		     const char *name, int mode)
{
	autofree char *file = file_of(g, path, name);

	return sys_may(AT_FDCWD, file, mode, 0);
}

/* May a child be made in it, and our process be moved there? */
static bool may_use(struct caller *c, const char *path)
{
	const struct caller_cgroup *g = &c->cgroup;
	const char *common = common_of(&c->arena, g->own, path);

	return has_file(g, path, "", W_OK) &&
	       has_file(g, path, "cgroup.procs", W_OK) &&
	       (str_eq(common, path) ||
		has_file(g, common, "cgroup.procs", W_OK));
}

static bool is_delegated(const struct caller_cgroup *g, const char *path)
{
	autofree char *dir = file_of(g, path, "");
	char value[8];
	ssize_t n = getxattr(dir, "user.delegate", value, sizeof(value));

	return n == 1 && value[0] == '1';
}

static unsigned read_controllers(const struct caller_cgroup *g,
				 const char *path)
{
	autofree char *file = file_of(g, path, "cgroup.controllers");
	autofree char *text = NULL;

	if (file_read_at(AT_FDCWD, file, CGROUP_TEXT, &text, NULL) < 0)
		return 0;
	return cgroup_controllers_from_text(text);
}

/* Without "//", "/./" and a '/' at the end, as the plan writes it. */
static const char *clean_path(struct arena *a, const char *path)
{
	struct strbuf b = { 0 };
	const char *clean;

	while (*(path += strspn(path, "/"))) {
		size_t len = strcspn(path, "/");

		if (len > 1 || *path != '.')
			strbuf_printf(&b, "/%.*s", (int)len, path);
		path += len;
	}
	clean = b.len ? arena_str(a, b.text) : "/";
	strbuf_done(&b);
	return clean;
}

/* What of the way to an absolute cgroupsPath is there: at least the root is.
 * Not the path itself, which has to be made in any case. */
static void read_named(struct caller *c, const char *path)
{
	struct caller_cgroup *g = &c->cgroup;

	path = clean_path(&c->arena, path);
	do {
		path = cgroup_parent_of(&c->arena, path);
	} while (!str_eq(path, "/") &&
		 !has_file(g, path, "cgroup.procs", F_OK));
	g->named = path;
	g->named_writable = may_use(c, path);
}

static void read_place(struct caller *c)
{
	struct caller_cgroup *g = &c->cgroup;
	const char *parent = cgroup_parent_of(&c->arena, g->own);
	bool at_top = str_eq(g->own, "/");

	/* The root of all has no type, that of a cgroup namespace does. */
	g->own_root = at_top && !has_file(g, "/", "cgroup.type", F_OK);
	g->own_writable = may_use(c, g->own);
	g->parent_writable = !at_top && may_use(c, parent);
	g->batch = is_batch(g->own);
	g->own_delegated = g->own_writable && ((at_top && !g->own_root) ||
					       is_delegated(g, g->own));
	g->parent_delegated = !g->own_delegated && g->parent_writable &&
			      is_delegated(g, parent);
}

static void read_all_controllers(struct caller *c)
{
	struct caller_cgroup *g = &c->cgroup;

	g->root_controllers = read_controllers(g, "/");
	g->own_controllers = str_eq(g->own, "/") ? g->root_controllers
						 : read_controllers(g, g->own);
	g->parent_controllers = read_controllers(
		g, cgroup_parent_of(&c->arena, g->own));
	if (g->named)
		g->named_controllers = read_controllers(g, g->named);
}

/* Device rules alone, which every bundle has, need no controller. */
static bool has_limits(const struct spec_resources *r)
{
	return r && (r->memory || r->cpu || r->pids || r->block_io ||
		     r->hugepage_limits.n || r->network || r->rdma.n ||
		     r->unified.n);
}

void caller_read_cgroup(const struct spec *spec, const struct plan_options *o,
			struct caller *c)
{
	const struct spec_linux *l = spec->linux_;
	struct caller_cgroup *g = &c->cgroup;
	autofree char *text = NULL;

	c->cgroup2_mounted = is_cgroup2(CGROUP_FS_DIR);
	g->hybrid = !c->cgroup2_mounted && is_cgroup2(CGROUP_UNIFIED);
	if (g->hybrid)
		g->mount = CGROUP_UNIFIED;
	else if (c->cgroup2_mounted)
		g->mount = CGROUP_FS_DIR;
	if (!g->mount ||
	    (o->cgroup_manager && str_eq(o->cgroup_manager, "disabled")) ||
	    file_read_at(AT_FDCWD, "/proc/self/cgroup", CGROUP_TEXT, &text,
			 NULL) < 0)
		return;
	g->own = cgroup_own_from_text(text, &c->arena);
	if (!g->own || !has_file(g, g->own, "cgroup.procs", F_OK)) {
		g->own = NULL;
		return;
	}
	read_place(c);
	if (l && l->cgroups_path && *l->cgroups_path == '/')
		read_named(c, l->cgroups_path);
	if (l && (l->cgroups_path || has_limits(l->resources)))
		read_all_controllers(c);
}
