/* idmap_check.c - the id mappings of the bundle, before anything is written.
 *
 * newuidmap and the kernel would refuse the same, but they say only that the
 * write failed; here each refusal names the line, the ids and the way out.
 */
#include <errno.h>

#include "base/err.h"
#include "plan/make.h"

static bool overlap(uint32_t a, uint32_t n_a, uint32_t b, uint32_t n_b)
{
	return a < (uint64_t)b + n_b && b < (uint64_t)a + n_a;
}

static int check_overlap(const struct id_side *side,
			 const struct id_lines *lines, size_t i, struct err *e)
{
	const struct id_range *x = &lines->v[i];

	for (size_t k = 0; k < i; k++) {
		const struct id_range *y = &lines->v[k];

		if (overlap(x->inside, x->count, y->inside, y->count))
			return err_set(e, EINVAL,
				       "%s[%zu]: the container's ids overlap "
				       "those of %s[%zu]",
				       side->key, i, side->key, k);
		if (overlap(x->outside, x->count, y->outside, y->count))
			return err_set(e, EINVAL,
				       "%s[%zu]: the host's ids overlap those "
				       "of %s[%zu]",
				       side->key, i, side->key, k);
	}
	return 0;
}

/* The kernel wants a line within one line of the parent's map. */
static bool exists_here(const struct id_side *side, const struct id_range *l)
{
	for (size_t k = 0; k < side->n_here; k++) {
		uint64_t first = side->here[k].inside;
		uint64_t end = first + side->here[k].count;

		if (l->outside >= first &&
		    (uint64_t)l->outside + l->count <= end)
			return true;
	}
	return false;
}

static int check_exists(const struct plan *plan, const struct id_side *side,
			const struct id_lines *lines, size_t i, struct err *e)
{
	struct arena scratch = { 0 };

	if (plan->caller->initial_userns || exists_here(side, &lines->v[i]))
		return 0;
	err_set(e, EINVAL,
		"%s[%zu]: host ids %s do not exist in the user namespace that "
		"rootlet runs in, which has %s",
		side->key, i, idmap_text(&scratch, &lines->v[i], 1, false),
		idmap_text(&scratch, side->here, side->n_here, true));
	arena_done(&scratch);
	return err_hint(e, "map ids that exist here, or use --userns=auto");
}

int idmap_configured(struct plan *plan, const struct id_side *side,
		     const struct items *maps, struct id_lines *ret,
		     struct err *e)
{
	const struct spec_id_map *m = maps->v;
	int r = 0;

	ret->n = maps->n;
	ret->v = arena_zero_n(&plan->arena, maps->n, sizeof(*ret->v));
	for (size_t i = 0; i < maps->n; i++)
		ret->v[i] = (struct id_range){ m[i].container_id, m[i].host_id,
					       m[i].size };
	if (!idmap_fits(ret->v, ret->n))
		return err_set(e, EINVAL,
			       "%s: %zu lines are more than the kernel takes, "
			       "at most 340 and less than a page",
			       side->key, ret->n);
	for (size_t i = 0; r == 0 && i < ret->n; i++) {
		r = check_overlap(side, ret, i, e);
		if (r == 0)
			r = check_exists(plan, side, ret, i, e);
	}
	return r;
}

/* Grants may continue one another. */
static bool is_granted(const struct id_side *side, const struct id_range *l)
{
	uint64_t at = l->outside, end = at + l->count;

	if (l->count == 1 && l->outside == side->own)
		return true;
	while (at < end) {
		uint64_t reached = at;

		for (size_t i = 0; i < side->n_grants; i++) {
			uint64_t first = side->grants[i].start;
			uint64_t last = first + side->grants[i].count;

			if (first <= at && at < last && last > reached)
				reached = last;
		}
		if (reached == at)
			return false;
		at = reached;
	}
	return true;
}

static int refuse_range(const struct plan *plan, const struct id_side *side,
			const struct id_lines *lines, size_t i, struct err *e)
{
	const struct caller *c = plan->caller;
	const char *name = c->user_name ? c->user_name : "the caller";
	const struct id_range *l = &lines->v[i];
	struct arena scratch = { 0 };
	struct id_range *granted = arena_zero_n(&scratch, side->n_grants + 1,
						sizeof(*granted));

	for (size_t k = 0; k < side->n_grants; k++) {
		granted[k].outside = side->grants[k].start;
		granted[k].count = side->grants[k].count;
	}
	if (side->n_grants == 0 && c->grants_why) {
		err_set(e, EINVAL, "%s[%zu]: host ids %s can't be mapped: %s",
			side->key, i, idmap_text(&scratch, l, 1, false),
			c->grants_why);
		arena_done(&scratch);
		return err_hint(e,
				"%s; or use --userns=single, which needs no "
				"grant",
				c->grants_fix);
	}
	for (size_t k = 0; k < side->n_grants; k++) {
		granted[k].outside = side->grants[k].start;
		granted[k].count = side->grants[k].count;
	}
	err_set(e, EINVAL,
		"%s[%zu]: host ids %s are not granted to %s: %s grants %s, and "
		"the caller's own id is %u",
		side->key, i, idmap_text(&scratch, l, 1, false), name,
		side->file,
		idmap_text(&scratch, granted, side->n_grants, false),
		side->own);
	arena_done(&scratch);
	return err_hint(e,
			"map granted ids, or use --userns=auto; or, as root: "
			"usermod %s %u-%llu %s",
			side->option, l->outside,
			(unsigned long long)l->outside + l->count - 1, name);
}

int idmap_check_grants(const struct plan *plan, const struct id_side *side,
		       const struct id_lines *lines, struct err *e)
{
	for (size_t i = 0; i < lines->n; i++)
		if (!is_granted(side, &lines->v[i]))
			return refuse_range(plan, side, lines, i, e);
	return 0;
}
