/* resources_io.c - the limits of block devices, and what v1 did to packets. */
#include <errno.h>
#include <inttypes.h>

#include "base/err.h"
#include "base/mem.h"
#include "plan/resources_build.h"

/* --- block I/O ------------------------------------------------------------ */

#define IO	      KEY "blockIO."
#define IO_WEIGHT_MIN 10U
#define IO_WEIGHT_MAX 1000U

uint64_t resources_io_weight(uint32_t weight)
{
	return 1 + ((uint64_t)weight - IO_WEIGHT_MIN) * 9999 / 990;
}

static void add_leaf_weight(struct build *b, const char *item,
			    const struct opt_uint32 *weight)
{
	if (weight->value)
		build_add_v1(
			b, item, build_number(b, weight->value),
			"cgroup v2 has no weights for leaves: only a leaf has "
			"processes",
			"remove it");
}

/* `of` is the device, or "default".  BFQ has v1's range; where the kernel has
 * no BFQ, the cost model of cgroup v2 has another. */
static int add_io_weight(struct build *b, const char *item, const char *of,
			 const struct opt_uint32 *weight, struct err *e)
{
	struct plan_cgroup_setting *s;

	if (weight->value == 0)
		return 0;
	if (weight->value < IO_WEIGHT_MIN || weight->value > IO_WEIGHT_MAX)
		return err_set(e, EINVAL, "%s: %u is outside %u..%u", item,
			       weight->value, IO_WEIGHT_MIN, IO_WEIGHT_MAX);
	s = build_add(b, CG_IO, item, "io.bfq.weight",
		      arena_format(b->a, "%s %u", of, weight->value));
	s->wanted = build_number(b, weight->value);
	s->else_file = "io.weight";
	s->else_value = arena_format(b->a, "%s %" PRIu64, of,
				     resources_io_weight(weight->value));
	return 0;
}

static int check_device(const char *item, int64_t major, int64_t minor,
			struct err *e)
{
	if (major >= 0 && minor >= 0 && major <= UINT32_MAX &&
	    minor <= UINT32_MAX)
		return 0;
	return err_set(e, EINVAL,
		       "%s: %" PRId64 ":%" PRId64 " is not the number of a "
		       "device",
		       item, major, minor);
}

static int add_weight_devices(struct build *b, const struct items *from,
			      struct err *e)
{
	const struct spec_block_io_weight *v = from->v;
	int r = 0;

	for (size_t i = 0; r == 0 && i < from->n; i++) {
		const char *item = arena_format(b->a, IO "weightDevice[%zu]",
						i);
		const char *of = arena_format(b->a, "%" PRId64 ":%" PRId64,
					      v[i].major, v[i].minor);

		r = check_device(item, v[i].major, v[i].minor, e);
		if (r == 0)
			r = add_io_weight(b,
					  arena_format(b->a, "%s.weight", item),
					  of, &v[i].weight, e);
		add_leaf_weight(b, arena_format(b->a, "%s.leafWeight", item),
				&v[i].leaf_weight);
	}
	return r;
}

/* A rate of 0 takes the limit away, as it did in v1. */
static int add_rates(struct build *b, const struct items *from, const char *key,
		     const char *word, struct err *e)
{
	const struct spec_block_io_rate *v = from->v;

	for (size_t i = 0; i < from->n; i++) {
		const char *item = arena_format(b->a, IO "%s[%zu]", key, i);
		const char *rate = v[i].rate ? build_number(b, v[i].rate)
					     : "max";
		struct plan_cgroup_setting *s;

		if (check_device(item, v[i].major, v[i].minor, e) < 0)
			return -e->code;
		s = build_add(b, CG_IO, item, "io.max",
			      arena_format(b->a,
					   "%" PRId64 ":%" PRId64 " %s=%s",
					   v[i].major, v[i].minor, word, rate));
		s->flags |= v[i].rate ? 0 : SETTING_LIFTS;
	}
	return 0;
}

int build_io(struct build *b, const struct spec_block_io *io, struct err *e)
{
	const struct {
		const struct items *from;
		const char *key, *word;
	} rates[] = {
		{ &io->throttle_read_bps, "throttleReadBpsDevice", "rbps" },
		{ &io->throttle_write_bps, "throttleWriteBpsDevice", "wbps" },
		{ &io->throttle_read_iops, "throttleReadIOPSDevice", "riops" },
		{ &io->throttle_write_iops, "throttleWriteIOPSDevice",
		  "wiops" },
	};
	int r = add_io_weight(b, IO "weight", "default", &io->weight, e);

	add_leaf_weight(b, IO "leafWeight", &io->leaf_weight);
	if (r == 0)
		r = add_weight_devices(b, &io->weight_device, e);
	for (size_t i = 0; r == 0 && i < sizeof(rates) / sizeof(rates[0]); i++)
		r = add_rates(b, rates[i].from, rates[i].key, rates[i].word, e);
	return r;
}

void build_network(struct build *b, const struct spec_network *n)
{
	static const char why[] =
		"cgroup v2 marks no packets (net_cls, net_prio)";
	static const char fix[] =
		"match the container's cgroup in nftables: socket cgroupv2";
	const struct spec_interface_priority *v = n->priorities.v;

	if (n->class_id.value)
		build_add_v1(b, KEY "network.classID",
			     build_number(b, n->class_id.value), why, fix);
	for (size_t i = 0; i < n->priorities.n; i++)
		build_add_v1(
			b, arena_format(b->a, KEY "network.priorities[%zu]", i),
			arena_format(b->a, "%s %u", v[i].name, v[i].priority),
			why, fix);
}
