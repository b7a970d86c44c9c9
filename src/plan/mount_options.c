/* mount_options.c - the mount options of the OCI specification 1.3.
 *
 * Theory of operation: options are read from left to right and the last one
 * wins, also over its opposite.  Attributes belong to one mount and go to
 * mount_setattr(2); flags such as sync belong to a whole filesystem, so they
 * go to fsconfig(2) with a new one and can't be had for a bind.  The access
 * time mode is a field of the attributes, not a bit: setting one means
 * clearing all of it first.  Words that the table does not have are parameters
 * of the filesystem.
 */
#include "plan/mount_options.h"

#include <errno.h>

#include "base/err.h"
#include "base/str.h"
#include "sys/mountapi.h"

#define RECURSIVE true
#define PLAIN	  false

const struct mount_option mount_options[] = {
	{ "async", OPTION_FS_DEFAULT, PLAIN, 0 },
	{ "atime", OPTION_ATIME, PLAIN, MOUNT_ATTR_RELATIME },
	{ "bind", OPTION_BIND, PLAIN, 0 },
	{ "defaults", OPTION_NOTHING, PLAIN, 0 },
	{ "dev", OPTION_NO_ATTR, PLAIN, MOUNT_ATTR_NODEV },
	{ "diratime", OPTION_NO_ATTR, PLAIN, MOUNT_ATTR_NODIRATIME },
	{ "dirsync", OPTION_FS_FLAG, PLAIN, 0 },
	{ "exec", OPTION_NO_ATTR, PLAIN, MOUNT_ATTR_NOEXEC },
	{ "idmap", OPTION_IDMAP, PLAIN, 0 },
	{ "iversion", OPTION_NO_CALL, PLAIN, 0 },
	{ "lazytime", OPTION_FS_FLAG, PLAIN, 0 },
	{ "loud", OPTION_NOTHING, PLAIN, 0 },
	{ "mand", OPTION_FS_FLAG, PLAIN, 0 },
	{ "noatime", OPTION_ATIME, PLAIN, MOUNT_ATTR_NOATIME },
	{ "nodev", OPTION_ATTR, PLAIN, MOUNT_ATTR_NODEV },
	{ "nodiratime", OPTION_ATTR, PLAIN, MOUNT_ATTR_NODIRATIME },
	{ "noexec", OPTION_ATTR, PLAIN, MOUNT_ATTR_NOEXEC },
	{ "nofail", OPTION_NOFAIL, PLAIN, 0 },
	{ "noiversion", OPTION_NOTHING, PLAIN, 0 },
	{ "nolazytime", OPTION_FS_DEFAULT, PLAIN, 0 },
	{ "nomand", OPTION_FS_DEFAULT, PLAIN, 0 },
	/* "Use the kernel's default", which is relatime since 2.6.30. */
	{ "norelatime", OPTION_NOTHING, PLAIN, 0 },
	{ "nostrictatime", OPTION_ATIME, PLAIN, MOUNT_ATTR_RELATIME },
	{ "nosuid", OPTION_ATTR, PLAIN, MOUNT_ATTR_NOSUID },
	{ "nosymfollow", OPTION_ATTR, PLAIN, MOUNT_ATTR_NOSYMFOLLOW },
	{ "private", OPTION_PROPAGATION, PLAIN, MS_PRIVATE },
	{ "ratime", OPTION_ATIME, RECURSIVE, MOUNT_ATTR_RELATIME },
	{ "rbind", OPTION_BIND, RECURSIVE, 0 },
	{ "rdev", OPTION_NO_ATTR, RECURSIVE, MOUNT_ATTR_NODEV },
	{ "rdiratime", OPTION_NO_ATTR, RECURSIVE, MOUNT_ATTR_NODIRATIME },
	{ "relatime", OPTION_ATIME, PLAIN, MOUNT_ATTR_RELATIME },
	{ "remount", OPTION_REMOUNT, PLAIN, 0 },
	{ "rexec", OPTION_NO_ATTR, RECURSIVE, MOUNT_ATTR_NOEXEC },
	{ "ridmap", OPTION_IDMAP, RECURSIVE, 0 },
	{ "rnoatime", OPTION_ATIME, RECURSIVE, MOUNT_ATTR_NOATIME },
	{ "rnodev", OPTION_ATTR, RECURSIVE, MOUNT_ATTR_NODEV },
	{ "rnodiratime", OPTION_ATTR, RECURSIVE, MOUNT_ATTR_NODIRATIME },
	{ "rnoexec", OPTION_ATTR, RECURSIVE, MOUNT_ATTR_NOEXEC },
	{ "rnorelatime", OPTION_NOTHING, RECURSIVE, 0 },
	{ "rnostrictatime", OPTION_ATIME, RECURSIVE, MOUNT_ATTR_RELATIME },
	{ "rnosuid", OPTION_ATTR, RECURSIVE, MOUNT_ATTR_NOSUID },
	{ "rnosymfollow", OPTION_ATTR, RECURSIVE, MOUNT_ATTR_NOSYMFOLLOW },
	{ "ro", OPTION_ATTR, PLAIN, MOUNT_ATTR_RDONLY },
	{ "rprivate", OPTION_PROPAGATION, RECURSIVE, MS_PRIVATE },
	{ "rrelatime", OPTION_ATIME, RECURSIVE, MOUNT_ATTR_RELATIME },
	{ "rro", OPTION_ATTR, RECURSIVE, MOUNT_ATTR_RDONLY },
	{ "rrw", OPTION_NO_ATTR, RECURSIVE, MOUNT_ATTR_RDONLY },
	{ "rshared", OPTION_PROPAGATION, RECURSIVE, MS_SHARED },
	{ "rslave", OPTION_PROPAGATION, RECURSIVE, MS_SLAVE },
	{ "rstrictatime", OPTION_ATIME, RECURSIVE, MOUNT_ATTR_STRICTATIME },
	{ "rsuid", OPTION_NO_ATTR, RECURSIVE, MOUNT_ATTR_NOSUID },
	{ "rsymfollow", OPTION_NO_ATTR, RECURSIVE, MOUNT_ATTR_NOSYMFOLLOW },
	{ "runbindable", OPTION_PROPAGATION, RECURSIVE, MS_UNBINDABLE },
	{ "rw", OPTION_NO_ATTR, PLAIN, MOUNT_ATTR_RDONLY },
	{ "shared", OPTION_PROPAGATION, PLAIN, MS_SHARED },
	{ "silent", OPTION_NOTHING, PLAIN, 0 },
	{ "slave", OPTION_PROPAGATION, PLAIN, MS_SLAVE },
	{ "strictatime", OPTION_ATIME, PLAIN, MOUNT_ATTR_STRICTATIME },
	{ "suid", OPTION_NO_ATTR, PLAIN, MOUNT_ATTR_NOSUID },
	{ "symfollow", OPTION_NO_ATTR, PLAIN, MOUNT_ATTR_NOSYMFOLLOW },
	{ "sync", OPTION_FS_FLAG, PLAIN, 0 },
	{ "tmpcopyup", OPTION_COPY_UP, PLAIN, 0 },
	{ "unbindable", OPTION_PROPAGATION, PLAIN, MS_UNBINDABLE },
	{ NULL, OPTION_NOTHING, PLAIN, 0 },
};

const struct mount_option *mount_option_find(const char *name)
{
	for (const struct mount_option *o = mount_options; o->name; o++)
		if (o->name[0] == name[0] && str_eq(o->name, name))
			return o;
	return NULL;
}

bool plan_mount_has(const struct plan_mount *m, const char *key)
{
	for (size_t i = 0; i < m->n_params; i++)
		if (str_eq(m->params[i].key, key))
			return true;
	return false;
}

static void change_attrs(const struct mount_option *o, struct plan_mount *m)
{
	uint64_t *set = o->recursive ? &m->rec_attr_set : &m->attr_set;
	uint64_t *clear = o->recursive ? &m->rec_attr_clear : &m->attr_clear;

	if (o->kind == OPTION_ATTR) {
		*set |= o->value;
		*clear &= ~o->value;
		return;
	}
	/* Cleared by name: where the kernel has it locked, it may stay. */
	m->locked_ok = true;
	if (o->kind == OPTION_NO_ATTR) {
		*set &= ~o->value;
		*clear |= o->value;
	} else {
		*set = (*set & ~(uint64_t)MOUNT_ATTR__ATIME) | o->value;
		*clear |= MOUNT_ATTR__ATIME;
	}
}

static int change_propagation(const struct mount_option *o, size_t index,
			      struct plan_mount *m, struct err *e)
{
	if (m->propagation && m->propagation != o->value)
		return err_set(e, EINVAL,
			       "mounts[%zu].options: %s contradicts the "
			       "propagation before it",
			       index, o->name);
	m->propagation = o->value;
	m->propagation_recursive |= o->recursive;
	return 0;
}

/* Which options belong to the filesystem is known once all are read. */
static void add_param(struct plan_mount *m, const char *word, struct arena *a)
{
	const char *value = strchr(word, '=');
	struct mount_param *p = &m->params[m->n_params++];

	p->key = word;
	if (value) {
		p->key = arena_dup(a, word, (size_t)(value - word));
		p->value = value + 1;
	}
}

static int read_one(const char *word, size_t index, struct arena *a,
		    struct plan_mount *m, struct mount_words *words,
		    struct err *e)
{
	const struct mount_option *o = mount_option_find(word);

	if (!o && *word == '\0')
		return 0;
	if (!o) {
		if (words->bind || words->remount)
			words->dropped[words->n_dropped++] = word;
		else
			add_param(m, word, a);
		return 0;
	}
	switch (o->kind) {
	case OPTION_NOTHING:
	case OPTION_BIND:
	case OPTION_REMOUNT:
		return 0;
	case OPTION_ATTR:
	case OPTION_NO_ATTR:
	case OPTION_ATIME:
		change_attrs(o, m);
		return 0;
	case OPTION_PROPAGATION:
		return change_propagation(o, index, m, e);
	case OPTION_FS_FLAG:
	case OPTION_FS_DEFAULT:
		if (!words->bind && !words->remount)
			add_param(m, word, a);
		else if (o->kind == OPTION_FS_FLAG)
			words->dropped[words->n_dropped++] = word;
		return 0;
	case OPTION_NO_CALL:
		words->dropped[words->n_dropped++] = word;
		return 0;
	case OPTION_NOFAIL:
		m->source_optional = true;
		return 0;
	case OPTION_IDMAP:
		words->idmap = true;
		words->idmap_recursive |= o->recursive;
		return 0;
	case OPTION_COPY_UP:
		m->copy_up = true;
		return 0;
	}
	return 0;
}

int mount_options_read(const struct spec_mount *from, size_t index,
		       struct arena *a, struct plan_mount *ret,
		       struct mount_words *words, struct err *e)
{
	const struct strings *options = &from->options;
	int r = 0;

	*words = (struct mount_words){
		.bind = from->type && str_eq(from->type, "bind"),
		.dropped = arena_zero_n(a, options->n + 1,
					sizeof(*words->dropped)),
	};
	for (size_t i = 0; i < options->n; i++) {
		const struct mount_option *o = mount_option_find(options->v[i]);

		if (o && o->kind == OPTION_REMOUNT)
			words->remount = true;
		if (!o || o->kind != OPTION_BIND)
			continue;
		words->bind = true;
		ret->recursive |= o->recursive;
	}
	ret->params = arena_zero_n(a, options->n + 3, sizeof(*ret->params));
	for (size_t i = 0; r == 0 && i < options->n; i++)
		r = read_one(options->v[i], index, a, ret, words, e);
	return r;
}
