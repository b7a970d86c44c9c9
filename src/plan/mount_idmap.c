/* mount_idmap.c - the ids of an idmapped mount.
 *
 * Theory of operation: the kernel takes the map of a user namespace for one
 * mount.  Where the bundle names the map that the container has anyway, or
 * none, it is the container's namespace; else one is made for the purpose.
 * Such a mount changes what a file's owner is, so that the kernel asks for
 * CAP_SYS_ADMIN over the filesystem, in the user namespace where that was
 * mounted.  A caller who has it nowhere is refused here.  Whether one who has
 * it in his own user namespace has it over this filesystem, and whether the
 * filesystem can do it at all, only a trial tells.  Never is it left out: files
 * would belong to others than the bundle says.
 */
#include <errno.h>
#include <linux/capability.h>

#include "base/err.h"
#include "base/str.h"
#include "plan/make.h"
#include "plan/mount_options.h"

/* All their fds are under way at once, in a socket's buffer. */
#define IDMAPPED_MAX 200

static int check_pair(const struct spec_mount *from, size_t index,
		      struct err *e)
{
	bool no_uids = from->uid_mappings.n == 0;

	if (no_uids == (from->gid_mappings.n == 0))
		return 0;
	err_set(e, EINVAL,
		"mounts[%zu].%s: missing, although mounts[%zu].%s are given",
		index, no_uids ? "uidMappings" : "gidMappings", index,
		no_uids ? "gidMappings" : "uidMappings");
	return err_hint(e, "write both, or none for those of the container");
}

static int check_kind(const struct plan *plan, const struct spec_mount *from,
		      size_t index, const struct mount_words *words,
		      struct err *e)
{
	if (!words->bind || words->remount) {
		err_set(e, EINVAL,
			"mounts[%zu]: id mappings are for bind mounts, and "
			"this one is %s",
			index, words->remount ? "a remount" : "none");
		return err_hint(
			e, "add the option rbind, or remove idmap, ridmap, "
			   "uidMappings and gidMappings");
	}
	if (from->uid_mappings.n == 0 &&
	    plan->ns[NS_USER].action == NS_INHERIT) {
		err_set(e, EINVAL,
			"mounts[%zu].options: %s without mappings takes those "
			"of the container's user namespace, and it has none",
			index, words->idmap_recursive ? "ridmap" : "idmap");
		return err_hint(e,
				"write mounts[%zu].uidMappings and gidMappings",
				index);
	}
	return 0;
}

static int check_rights(const struct plan *plan, size_t index, struct err *e)
{
	const struct plan_mount *m = &plan->mounts[index];
	const struct caller *c = plan->caller;
	bool own_map = m->ids->n_uids > 0;

	if (own_map ? caller_is_privileged(c) : caller_may(c, CAP_SYS_ADMIN))
		return 0;
	err_set(e, EPERM,
		"mounts[%zu]: an idmapped mount of %s takes CAP_SYS_ADMIN%s in the user "
		"namespace where its filesystem was mounted, and the caller "
		"does not have that",
		index, m->source, own_map ? ", CAP_SETUID and CAP_SETGID" : "");
	return err_hint(e,
			"start rootlet as root; or remove idmap, ridmap, "
			"uidMappings and gidMappings and give the files owners "
			"that the container maps");
}

static bool same_lines(const struct id_lines *a, const struct id_range *v,
		       size_t n)
{
	return a->n == n && memcmp(a->v, v, n * sizeof(*v)) == 0;
}

static bool is_of_container(const struct plan *plan,
			    const struct id_lines *uids,
			    const struct id_lines *gids)
{
	const struct plan_userns *u = &plan->userns;

	return plan->ns[NS_USER].action == NS_NEW && u->how != IDMAP_NONE &&
	       same_lines(uids, u->uids, u->n_uids) &&
	       same_lines(gids, u->gids, u->n_gids);
}

/* The bundle's own lines, checked; none of them where they are those of the
 * container. */
static int read_lines(struct plan *plan, const struct spec_mount *from,
		      size_t index, struct plan_mount_ids *ret, struct err *e)
{
	const struct caller *c = plan->caller;
	struct arena *a = &plan->arena;
	struct id_side uid = {
		.key = arena_format(a, "mounts[%zu].uidMappings", index),
		.here = c->uid_map,
		.n_here = c->n_uid_map,
	};
	struct id_side gid = {
		.key = arena_format(a, "mounts[%zu].gidMappings", index),
		.here = c->gid_map,
		.n_here = c->n_gid_map,
	};
	struct id_lines uids = { 0 }, gids = { 0 };
	int r = idmap_configured(plan, &uid, &from->uid_mappings, &uids, e);

	if (r >= 0)
		r = idmap_configured(plan, &gid, &from->gid_mappings, &gids, e);
	if (r < 0 || is_of_container(plan, &uids, &gids))
		return r;
	ret->uids = uids.v;
	ret->n_uids = uids.n;
	ret->gids = gids.v;
	ret->n_gids = gids.n;
	return 0;
}

int plan_mount_ids(struct plan *plan, const struct spec_mount *from,
		   size_t index, const struct mount_words *words, struct err *e)
{
	struct plan_mount *m = &plan->mounts[index];
	int r = check_pair(from, index, e);

	if (r < 0 || (!words->idmap && from->uid_mappings.n == 0))
		return r;
	r = check_kind(plan, from, index, words, e);
	if (r < 0)
		return r;
	m->ids = arena_zero(&plan->arena, sizeof(*m->ids));
	m->ids->recursive = words->idmap_recursive;
	if (from->uid_mappings.n > 0)
		r = read_lines(plan, from, index, m->ids, e);
	if (r == 0)
		r = check_rights(plan, index, e);
	if (r < 0)
		return r;
	if (++plan->n_idmapped > IDMAPPED_MAX)
		return err_set(e, E2BIG,
			       "mounts: more than %d of them are idmapped",
			       IDMAPPED_MAX);
	return 0;
}
