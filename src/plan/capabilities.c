/* capabilities.c - the five sets of process.capabilities.
 *
 * Theory of operation: in a user namespace of its own a container's first
 * process holds every capability that the kernel knows; in an inherited one
 * only what the caller holds.  What is not there is left out of all sets and
 * listed once.  What contradicts itself is refused here, because capset(2)
 * would refuse it without a name: effective beyond permitted, inheritable
 * beyond bounding.
 *
 * The rest is judged by what the program has after execve(2)
 * (capabilities(7)): as root, bounding and inheritable, with no_new_privs no
 * more of that than permitted; as another user, what is ambient, and that the
 * kernel lets be only what is permitted and inheritable as well.  So an
 * ambient capability is listed when the program does not have it: `runc spec`
 * and `crun spec` write ambient without inheritable for root, who loses
 * nothing by that.  Permitted beyond bounding is gone for everybody, and
 * listed.  Permitted within bounding, but not ambient, is not listed for
 * another user: engines write their whole list for all users and know that
 * execve takes it.
 */
#include <errno.h>

#include "base/err.h"
#include "base/str.h"
#include "plan/make.h"
#include "plan/names.h"

static bool is_left_out(const struct plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->n_degraded; i++) {
		const char *item = plan->degraded[i].item;
		const char *tail = str_after(item, "process.capabilities.");

		if (tail && str_eq(tail, name))
			return true;
	}
	return false;
}

/* The sets repeat one another; each name is listed once. */
static int leave_out(struct plan *plan, const char *name, struct err *e)
{
	if (is_left_out(plan, name))
		return 0;
	return degrade_add(plan, DEGRADE_CAPABILITY, name, NULL, NULL, e);
}

static int read_set(struct plan *plan, const struct strings *names,
		    uint64_t here, uint64_t *ret, struct err *e)
{
	for (size_t i = 0; i < names->n; i++) {
		int number = cap_number(names->v[i]);

		if (number >= 0 && here & 1ULL << number)
			*ret |= 1ULL << number;
		else if (leave_out(plan, names->v[i], e) < 0)
			return -e->code;
	}
	return 0;
}

static int check_within(uint64_t set, uint64_t within, const char *set_name,
			const char *within_name, struct err *e)
{
	uint64_t beyond = set & ~within;

	if (beyond == 0)
		return 0;
	err_set(e, EINVAL, "process.capabilities.%s: %s is not in %s", set_name,
		cap_name(__builtin_ctzll(beyond)), within_name);
	return err_hint(e, "add it to process.capabilities.%s", within_name);
}

static int list_lost(struct plan *plan, enum degrade_row row, uint64_t lost,
		     struct err *e)
{
	const char *names = NULL;

	for (int i = 0; i < 64; i++) {
		const char *name = lost >> i & 1 ? cap_name(i) : NULL;

		/* That was left out of one set and is in another. */
		if (!name || is_left_out(plan, name))
			continue;
		names = names ? arena_format(&plan->arena, "%s, %s", names,
					     name)
			      : name;
	}
	return names ? degrade_add(plan, row, NULL, names, NULL, e) : 0;
}

/* What of the sets will not outlive execve(2), see above. */
static int list_losses(struct plan *plan, uint64_t ambient, struct err *e)
{
	const struct spec_process *from = plan->spec->process;
	const struct plan_caps *p = &plan->process.caps;
	uint64_t has = p->ambient;

	if (from->user.uid == 0)
		has = p->bounding &
		      (from->no_new_privileges ? p->permitted : UINT64_MAX);
	if (list_lost(plan, DEGRADE_AMBIENT, ambient & ~has, e) < 0)
		return -e->code;
	return list_lost(plan, DEGRADE_BEYOND_BOUNDING,
			 p->permitted & ~p->bounding, e);
}

int plan_capabilities(struct plan *plan, struct err *e)
{
	const struct spec_capabilities *from =
		plan->spec->process->capabilities;
	const struct caller *c = plan->caller;
	bool inherit = plan->ns[NS_USER].action == NS_INHERIT &&
		       !plan->userns.nested;
	uint64_t held = inherit ? c->caps : c->caps_known;
	uint64_t bounding = inherit ? c->caps_bounding : c->caps_known;
	struct plan_caps *p = &plan->process.caps;
	uint64_t ambient = 0;

	if (!from)
		return 0;
	if (read_set(plan, &from->bounding, bounding, &p->bounding, e) < 0 ||
	    read_set(plan, &from->permitted, held, &p->permitted, e) < 0 ||
	    read_set(plan, &from->effective, held, &p->effective, e) < 0 ||
	    read_set(plan, &from->inheritable, held & bounding, &p->inheritable,
		     e) < 0 ||
	    read_set(plan, &from->ambient, held, &ambient, e) < 0)
		return -e->code;
	p->ambient = ambient & p->permitted & p->inheritable;
	if (check_within(p->effective, p->permitted, "effective", "permitted",
			 e) < 0)
		return -e->code;
	if (check_within(p->inheritable, p->bounding, "inheritable", "bounding",
			 e) < 0)
		return -e->code;
	return list_losses(plan, ambient, e);
}
