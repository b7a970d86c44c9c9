/* idmap.c - which user namespace, which ids it has and who writes them.
 *
 * Theory of operation: `choose` is the table of the design's section 4, one
 * row after the other; the row is chosen by what the caller may do, never by
 * the number 0.  Each row ends in one of five things: the caller's own
 * namespace, one joined by path, or a new one with automatic, single or
 * configured maps.  newuidmap is needed only where a map holds more than the
 * caller's own id and the caller is not privileged.
 */
#include <errno.h>

#include "base/err.h"
#include "base/str.h"
#include "plan/make.h"

enum choice {
	CHOICE_INHERIT,
	CHOICE_JOIN,
	CHOICE_AUTO,
	CHOICE_KEEP_ID,
	CHOICE_SINGLE,
	CHOICE_CONFIGURED,
};

struct chosen {
	enum choice choice;
	const char *row;
};

struct sides {
	struct id_side uid, gid;
};

const struct spec_namespace *spec_find_ns(const struct spec *spec,
					  enum ns_kind kind)
{
	const struct spec_namespace *ns;

	if (!spec->linux_)
		return NULL;
	ns = spec->linux_->namespaces.v;
	for (size_t i = 0; i < spec->linux_->namespaces.n; i++)
		if (ns[i].type == (int)kind)
			return &ns[i];
	return NULL;
}

static bool has_maps(const struct spec *spec)
{
	return spec->linux_ && (spec->linux_->uid_mappings.n > 0 ||
				spec->linux_->gid_mappings.n > 0);
}

static int choose_by_option(const struct plan *plan, struct chosen *ret,
			    struct err *e)
{
	switch (plan->options->userns) {
	case USERNS_AUTO:
		ret->choice = CHOICE_AUTO;
		ret->row = "--userns=auto: the caller is 0, all granted ids";
		return 0;
	case USERNS_SINGLE:
		ret->choice = CHOICE_SINGLE;
		ret->row = "--userns=single: the caller is 0, no other id";
		return 0;
	case USERNS_KEEP_ID:
		ret->choice = CHOICE_KEEP_ID;
		ret->row = "--userns=keep-id: the caller keeps its number, "
			   "granted ids fill the rest";
		return 0;
	case USERNS_HOST:
	case USERNS_AUTO_ROW:
		break;
	}
	if (!caller_is_privileged(plan->caller)) {
		err_set(e, EPERM,
			"--userns=host: making the other namespaces without a "
			"new user namespace takes CAP_SYS_ADMIN, CAP_SETUID "
			"and CAP_SETGID, which the caller does not have");
		return err_hint(e, "leave --userns out, or use --userns=auto");
	}
	ret->choice = CHOICE_INHERIT;
	ret->row = "--userns=host: the caller's user namespace";
	return 0;
}

/* A user namespace named by path. */
static int choose_by_path(const struct plan *plan, struct chosen *ret,
			  struct err *e)
{
	if (has_maps(plan->spec)) {
		err_set(e, EINVAL,
			"linux.uidMappings: can't be given together with the "
			"path of a user namespace, which has its ids already");
		return err_hint(e, "remove linux.uidMappings and "
				   "linux.gidMappings");
	}
	if (plan->caller->ns[NS_USER].is_own) {
		ret->choice = CHOICE_INHERIT;
		ret->row = "joined by path: the caller is in it already";
		return 0;
	}
	ret->choice = CHOICE_JOIN;
	ret->row = "joined by path";
	return 0;
}

static bool is_single(const struct id_range *v, size_t n)
{
	return n == 1 && v->count == 1;
}

/* Another id than the one that there is takes a nested user namespace, and that
 * one around it whose rights are not the caller's. */
static bool runs_as_another(const struct plan *plan)
{
	const struct spec_user *user = &plan->spec->process->user;
	const struct caller *c = plan->caller;

	return is_single(c->uid_map, c->n_uid_map) &&
	       is_single(c->gid_map, c->n_gid_map) &&
	       (user->uid != c->uid || user->gid != c->gid);
}

static int choose_privileged(const struct plan *plan, bool listed,
			     struct chosen *ret, struct err *e)
{
	bool real_root = plan->caller->initial_userns;
	bool maps = has_maps(plan->spec);

	if (listed && !maps) {
		err_set(e, EINVAL,
			"linux.uidMappings: missing, although "
			"linux.namespaces has \"user\"");
		return err_hint(e, "write linux.uidMappings and "
				   "linux.gidMappings, or use --userns=auto");
	}
	if (!listed && maps) {
		err_set(e, EINVAL,
			"linux.uidMappings: user namespace mappings given, "
			"but linux.namespaces has no \"user\"");
		return err_hint(e, "add {\"type\": \"user\"} to "
				   "linux.namespaces");
	}
	if (listed) {
		ret->choice = CHOICE_CONFIGURED;
		ret->row = real_root
				   ? "root, mappings: written directly"
				   : "uid 0 inside somebody's user namespace, "
				     "mappings: nested, written directly";
		return 0;
	}
	if (runs_as_another(plan)) {
		ret->choice = CHOICE_SINGLE;
		ret->row = "uid 0 inside somebody's user namespace of one id, "
			   "and another for the program: a single id, nested";
		return 0;
	}
	ret->choice = CHOICE_INHERIT;
	ret->row = real_root ? "root, no user namespace: the host's"
			     : "uid 0 inside somebody's user namespace, no "
			       "user namespace: the caller's";
	return 0;
}

static int choose(const struct plan *plan, struct chosen *ret, struct err *e)
{
	const struct spec_namespace *ns = spec_find_ns(plan->spec, NS_USER);

	if (plan->options->userns != USERNS_AUTO_ROW)
		return choose_by_option(plan, ret, e);
	if (ns && ns->path)
		return choose_by_path(plan, ret, e);
	if (caller_is_privileged(plan->caller))
		return choose_privileged(plan, ns != NULL, ret, e);
	if (has_maps(plan->spec)) {
		ret->choice = CHOICE_CONFIGURED;
		ret->row = "normal user, mappings";
		return 0;
	}
	ret->choice = CHOICE_AUTO;
	ret->row = "normal user, no mappings: automatic";
	return 0;
}

static void make_sides(const struct caller *c, struct sides *ret)
{
	*ret = (struct sides){
		.uid = { .key = "linux.uidMappings",
			 .file = "/etc/subuid",
			 .option = "--add-subuids",
			 .own = c->uid,
			 .grants = c->uid_grants,
			 .n_grants = c->n_uid_grants,
			 .here = c->uid_map,
			 .n_here = c->n_uid_map },
		.gid = { .key = "linux.gidMappings",
			 .file = "/etc/subgid",
			 .option = "--add-subgids",
			 .own = c->gid,
			 .grants = c->gid_grants,
			 .n_grants = c->n_gid_grants,
			 .here = c->gid_map,
			 .n_here = c->n_gid_map },
	};
}

static void take_lines(struct plan_userns *u, const struct id_lines *uids,
		       const struct id_lines *gids)
{
	u->uids = uids->v;
	u->n_uids = uids->n;
	u->gids = gids->v;
	u->n_gids = gids->n;
}

static bool is_own_id(const struct id_range *v, size_t n, uint32_t own)
{
	return n == 1 && v->count == 1 && v->outside == own;
}

static bool has_single_id(const struct plan_userns *u)
{
	return is_single(u->uids, u->n_uids) && is_single(u->gids, u->n_gids);
}

/* Who writes the maps.  newgidmap denies setgroups when the map holds no
 * granted group; written by ourselves the kernel wants it denied. */
static int choose_writer(struct plan *plan, struct err *e)
{
	const struct caller *c = plan->caller;
	struct plan_userns *u = &plan->userns;
	bool own_gid = is_own_id(u->gids, u->n_gids, c->gid);

	u->how = IDMAP_DIRECT;
	if (caller_is_privileged(c))
		return 0;
	u->deny_setgroups = own_gid;
	if (own_gid && is_own_id(u->uids, u->n_uids, c->uid))
		return 0;
	if (!c->newuidmap || !c->newgidmap) {
		err_set(e, EPERM,
			"linux.uidMappings: mapping more than the caller's own "
			"id takes newuidmap and newgidmap: %s",
			c->helpers_why ? c->helpers_why : "there are none");
		return err_hint(e,
				"%s; or use --userns=single, which needs no "
				"helper",
				c->helpers_fix ? c->helpers_fix
					       : "install the package uidmap");
	}
	u->how = IDMAP_HELPERS;
	u->newuidmap = c->newuidmap;
	u->newgidmap = c->newgidmap;
	return 0;
}

static int new_single(struct plan *plan, bool keep, struct err *e)
{
	const struct caller *c = plan->caller;
	struct id_range *v = arena_zero_n(&plan->arena, 2, sizeof(*v));

	v[0] = (struct id_range){ keep ? c->uid : 0, c->uid, 1 };
	v[1] = (struct id_range){ keep ? c->gid : 0, c->gid, 1 };
	take_lines(&plan->userns, &(struct id_lines){ &v[0], 1 },
		   &(struct id_lines){ &v[1], 1 });
	return choose_writer(plan, e);
}

/* Why the automatic map is of one id only: the helpers come first, because
 * without them the grants are not even read. */
static int degrade_single(struct plan *plan, struct err *e)
{
	const struct caller *c = plan->caller;

	plan->userns.row = caller_is_privileged(c)
				   ? "root, no granted ids: a single id"
				   : "normal user, no granted ids that can be "
				     "used: a single id";
	if (!caller_is_privileged(c) && (!c->newuidmap || !c->newgidmap))
		return degrade_add_why(plan, DEGRADE_SINGLE_ID, NULL,
				       c->helpers_why, c->helpers_fix, e);
	if (c->grants_why)
		return degrade_add_why(plan, DEGRADE_SINGLE_ID, NULL,
				       c->grants_why, c->grants_fix, e);
	return degrade_add_why(plan, DEGRADE_SINGLE_ID, NULL,
			       "none of the granted ids exists in the user "
			       "namespace that rootlet runs in",
			       NULL, e);
}

/* A privileged caller needs nobody's grant for ids of its own namespace.  The
 * host's, though, are other people's: there it takes its grants as well. */
static void grant_all_here(struct plan *plan, struct id_side *side)
{
	struct id_grant *g = arena_zero_n(&plan->arena, side->n_here,
					  sizeof(*g));

	if (!caller_is_privileged(plan->caller) || plan->caller->initial_userns)
		return;
	for (size_t i = 0; i < side->n_here; i++)
		g[i] = (struct id_grant){ side->here[i].inside,
					  side->here[i].count };
	side->grants = g;
	side->n_grants = side->n_here;
}

static int new_auto(struct plan *plan, struct sides *s, bool keep,
		    struct err *e)
{
	const struct caller *c = plan->caller;
	bool helpers = c->newuidmap && c->newgidmap;
	struct id_lines uids = { 0 }, gids = { 0 };
	int r;

	grant_all_here(plan, &s->uid);
	grant_all_here(plan, &s->gid);
	if ((helpers || caller_is_privileged(c)) && s->uid.n_grants > 0 &&
	    s->gid.n_grants > 0) {
		r = idmap_auto(plan, &s->uid, keep, &uids, e);
		if (r >= 0)
			r = idmap_auto(plan, &s->gid, keep, &gids, e);
		if (r < 0)
			return r;
		take_lines(&plan->userns, &uids, &gids);
		if (uids.n > 1 && gids.n > 1)
			return choose_writer(plan, e);
	}
	r = degrade_single(plan, e);
	return r < 0 ? r : new_single(plan, keep, e);
}

static int new_configured(struct plan *plan, const struct sides *s,
			  struct err *e)
{
	const struct spec_linux *l = plan->spec->linux_;
	struct id_lines uids = { 0 }, gids = { 0 };
	int r;

	if (l->uid_mappings.n == 0 || l->gid_mappings.n == 0) {
		bool no_uids = l->uid_mappings.n == 0;

		err_set(e, EINVAL,
			"linux.%s: missing, although linux.%s are given",
			no_uids ? "uidMappings" : "gidMappings",
			no_uids ? "gidMappings" : "uidMappings");
		return err_hint(e, "write both, or none for automatic ones");
	}
	r = idmap_configured(plan, &s->uid, &l->uid_mappings, &uids, e);
	if (r >= 0)
		r = idmap_configured(plan, &s->gid, &l->gid_mappings, &gids, e);
	if (r < 0)
		return r;
	take_lines(&plan->userns, &uids, &gids);
	r = choose_writer(plan, e);
	if (r == 0 && plan->userns.how == IDMAP_HELPERS)
		r = idmap_check_grants(plan, &s->uid, &uids, e);
	if (r == 0 && plan->userns.how == IDMAP_HELPERS)
		r = idmap_check_grants(plan, &s->gid, &gids, e);
	return r;
}

bool idmap_outside(const struct id_range *lines, size_t n, uint32_t inside,
		   uint32_t *ret)
{
	for (size_t i = 0; i < n; i++) {
		const struct id_range *l = &lines[i];

		if (inside < l->inside || inside - l->inside >= l->count)
			continue;
		*ret = l->outside + (inside - l->inside);
		return true;
	}
	return false;
}

static bool lines_map(const struct id_range *v, size_t n, uint32_t id)
{
	return idmap_outside(v, n, id, &id);
}

/* Who sets a container up in a user namespace that is not the caller's. */
void plan_choose_setup_ids(struct plan_userns *u)
{
	u->setup_uid = lines_map(u->uids, u->n_uids, 0) ? 0 : u->uids->inside;
	u->setup_gid = lines_map(u->gids, u->n_gids, 0) ? 0 : u->gids->inside;
}

int plan_userns(struct plan *plan, struct err *e)
{
	struct plan_ns *ns = &plan->ns[NS_USER];
	struct chosen chosen = { 0 };
	struct sides sides;
	int r = choose(plan, &chosen, e);

	if (r < 0)
		return r;
	plan->userns.row = chosen.row;
	ns->action = NS_NEW;
	ns->when = NS_AT_CLONE;
	make_sides(plan->caller, &sides);
	switch (chosen.choice) {
	case CHOICE_INHERIT:
		ns->action = NS_INHERIT;
		plan->userns.setup_uid = plan->caller->uid;
		plan->userns.setup_gid = plan->caller->gid;
		return 0;
	case CHOICE_JOIN:
		ns->action = NS_JOIN;
		ns->path = plan->caller->ns[NS_USER].path;
		return 0;
	case CHOICE_AUTO:
	case CHOICE_KEEP_ID:
		r = new_auto(plan, &sides, chosen.choice == CHOICE_KEEP_ID, e);
		break;
	case CHOICE_SINGLE:
		r = new_single(plan, false, e);
		break;
	case CHOICE_CONFIGURED:
		r = new_configured(plan, &sides, e);
		break;
	}
	if (r == 0)
		plan_choose_setup_ids(&plan->userns);
	return r;
}

/* --- questions about the maps */

/* The ids that exist in the container's user namespace; false: unknown. */
static bool container_ids(const struct plan *plan, bool uids,
			  struct id_lines *ret)
{
	const struct caller *c = plan->caller;
	const struct plan_userns *u = &plan->userns;

	switch (plan->ns[NS_USER].action) {
	case NS_JOIN:
		/* By path; exec knows what it joins. */
		if (u->n_uids == 0)
			return false;
		break;
	case NS_INHERIT:
		ret->v = uids ? c->uid_map : c->gid_map;
		ret->n = uids ? c->n_uid_map : c->n_gid_map;
		return true;
	case NS_NEW:
		break;
	}
	ret->v = uids ? u->uids : u->gids;
	ret->n = uids ? u->n_uids : u->n_gids;
	return true;
}

static bool maps(const struct plan *plan, bool uids, uint32_t id)
{
	struct id_lines l;

	return !container_ids(plan, uids, &l) || lines_map(l.v, l.n, id);
}

bool plan_uid_maps(const struct plan *plan, uint32_t uid)
{
	return maps(plan, true, uid);
}

bool plan_gid_maps(const struct plan *plan, uint32_t gid)
{
	return maps(plan, false, gid);
}

static int refuse_id(struct plan *plan, bool uids, uint32_t id, struct err *e)
{
	struct id_lines l;

	if (!container_ids(plan, uids, &l))
		return 0;
	err_set(e, EINVAL,
		"process.user.%s: %u is not mapped in the container's user "
		"namespace (%s)",
		uids ? "uid" : "gid", id,
		idmap_text(&plan->arena, l.v, l.n, true));
	if (plan->options->userns == USERNS_HOST && is_single(l.v, l.n))
		return err_hint(e, "run the program as a mapped id, or use "
				   "--userns=auto");
	return err_hint(e,
			"run the program as a mapped id, or map this one in "
			"linux.%s",
			uids ? "uidMappings" : "gidMappings");
}

int plan_identity(struct plan *plan, struct err *e)
{
	const struct spec_user *user = &plan->spec->process->user;
	struct plan_userns *u = &plan->userns;
	bool uid_maps = plan_uid_maps(plan, user->uid);
	bool gid_maps = plan_gid_maps(plan, user->gid);

	if (uid_maps && gid_maps)
		return 0;
	if (has_single_id(u)) {
		u->nested = true;
		u->nested_uid = user->uid;
		u->nested_gid = user->gid;
		return degrade_add(plan, DEGRADE_NESTED_USERNS, NULL, NULL,
				   NULL, e);
	}
	if (!uid_maps)
		return refuse_id(plan, true, user->uid, e);
	return refuse_id(plan, false, user->gid, e);
}
