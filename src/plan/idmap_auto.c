/* idmap_auto.c - maps made of what the caller has: its own id and its grants.
 *
 * Theory of operation: subuid(5) may grant ranges that overlap, that hold the
 * caller's own id, or (inside another container) that do not exist here.  So
 * the grants are first cut into pieces that are ours to give, each id once;
 * the pieces then get inside ids, in order.  The kernel takes a map in one
 * write of at most 340 lines and less than a page; when all pieces do not fit,
 * the largest are taken and the rest is listed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/str.h"
#include "plan/make.h"

#define MAP_LINES 340
#define MAP_BYTES 4096
#define ID_END	  UINT32_MAX /* one after the last id */

struct piece {
	uint64_t from, to;
};

struct pieces {
	struct piece *v; /* v[0] is the caller's own id */
	size_t n, room;
};

static void pieces_push(struct arena *a, struct pieces *p, uint64_t from,
			uint64_t to)
{
	if (p->n == p->room) {
		struct piece *more;

		p->room = p->room ? 2 * p->room : 16;
		more = arena_zero_n(a, p->room, sizeof(*more));
		if (p->n)
			memcpy(more, p->v, p->n * sizeof(*more));
		p->v = more;
	}
	p->v[p->n++] = (struct piece){ from, to };
}

/* Adds what of [from, to) no piece has yet. */
static void pieces_add(struct arena *a, struct pieces *p, uint64_t from,
		       uint64_t to)
{
	while (from < to) {
		uint64_t end = to, after = from;

		for (size_t i = 0; i < p->n; i++) {
			if (p->v[i].from <= from && from < p->v[i].to)
				after = p->v[i].to;
			else if (p->v[i].from > from && p->v[i].from < end)
				end = p->v[i].from;
		}
		if (after == from) {
			pieces_push(a, p, from, end);
			after = end;
		}
		from = after;
	}
}

static void pieces_make(struct arena *a, const struct id_side *side,
			struct pieces *ret)
{
	pieces_push(a, ret, side->own, (uint64_t)side->own + 1);
	for (size_t i = 0; i < side->n_grants; i++) {
		uint64_t from = side->grants[i].start;
		uint64_t to = from + side->grants[i].count;

		for (size_t k = 0; k < side->n_here; k++) {
			uint64_t first = side->here[k].inside;
			uint64_t end = first + side->here[k].count;

			end = end < ID_END ? end : ID_END;
			pieces_add(a, ret, from > first ? from : first,
				   to < end ? to : end);
		}
	}
}

bool idmap_fits(const struct id_range *lines, size_t n)
{
	size_t bytes = 0;

	if (n > MAP_LINES)
		return false;
	for (size_t i = 0; i < n; i++)
		bytes += (size_t)snprintf(NULL, 0, "%u %u %u\n",
					  lines[i].inside, lines[i].outside,
					  lines[i].count);
	return bytes < MAP_BYTES;
}

static void push_line(struct id_lines *l, uint64_t inside, uint64_t outside,
		      uint64_t count)
{
	if (inside >= ID_END || count == 0)
		return;
	if (count > ID_END - inside)
		count = ID_END - inside;
	l->v[l->n++] = (struct id_range){ (uint32_t)inside, (uint32_t)outside,
					  (uint32_t)count };
}

/* The first n pieces as lines; `at` is the inside id of the caller. */
static void make_lines(const struct pieces *p, size_t n, uint64_t at,
		       struct id_lines *ret)
{
	uint64_t inside = 0;

	ret->n = 0;
	push_line(ret, at, p->v[0].from, 1);
	for (size_t i = 1; i < n; i++) {
		uint64_t from = p->v[i].from, count = p->v[i].to - from;

		if (inside < at) {
			uint64_t below = at - inside;

			below = count < below ? count : below;
			push_line(ret, inside, from, below);
			inside += below;
			from += below;
			count -= below;
		}
		if (inside == at)
			inside++;
		push_line(ret, inside, from, count);
		inside += count;
	}
}

static int larger_first(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;
	uint64_t nx = x->to - x->from, ny = y->to - y->from;

	if (nx != ny)
		return nx < ny ? 1 : -1;
	if (x->from == y->from)
		return 0;
	return x->from < y->from ? -1 : 1;
}

/* Says which pieces from `first` on are not mapped. */
static int list_cut(struct plan *plan, const struct id_side *side,
		    const struct pieces *p, size_t first, struct err *e)
{
	struct arena *a = &plan->arena;
	size_t n = p->n - first;
	struct id_range *cut = arena_zero_n(a, n, sizeof(*cut));
	const char *got;

	for (size_t i = 0; i < n; i++) {
		const struct piece *x = &p->v[first + i];

		cut[i].outside = (uint32_t)x->from;
		cut[i].count = (uint32_t)(x->to - x->from);
	}
	got = arena_format(a, "the %zu largest of %zu ranges; left out: %s",
			   first - 1, p->n - 1, idmap_text(a, cut, n, false));
	return degrade_add(plan, DEGRADE_MAP_CUT, side->key, NULL, got, e);
}

int idmap_auto(struct plan *plan, const struct id_side *side, bool keep,
	       struct id_lines *ret, struct err *e)
{
	struct arena *a = &plan->arena;
	struct pieces p = { 0 };
	uint64_t at = keep ? side->own : 0;
	size_t n;

	pieces_make(a, side, &p);
	/* A piece that the caller's id falls into takes two lines. */
	ret->v = arena_zero_n(a, p.n + 1, sizeof(*ret->v));
	n = p.n;
	make_lines(&p, n, at, ret);
	if (idmap_fits(ret->v, ret->n))
		return 0;
	qsort(p.v + 1, p.n - 1, sizeof(*p.v), larger_first);
	n = n < MAP_LINES + 1 ? n : MAP_LINES + 1;
	do
		make_lines(&p, --n, at, ret);
	while (!idmap_fits(ret->v, ret->n));
	return list_cut(plan, side, &p, n, e);
}

const char *idmap_text(struct arena *a, const struct id_range *lines, size_t n,
		       bool inside)
{
	const char *text = "";

	for (size_t i = 0; i < n;) {
		uint64_t first = inside ? lines[i].inside : lines[i].outside;
		uint64_t end = first;
		const char *comma = i > 0 ? ", " : "";

		if (strlen(text) > 200)
			return arena_format(a, "%s and %zu more", text, n - i);
		/* Lines that go on where the last one ended are one range. */
		while (i < n &&
		       end == (inside ? lines[i].inside : lines[i].outside))
			end += lines[i++].count;
		text = arena_format(a, "%s%s%llu", text, comma,
				    (unsigned long long)first);
		if (end - first > 1)
			text = arena_format(a, "%s-%llu", text,
					    (unsigned long long)(end - 1));
	}
	return *text ? text : "none";
}
