/* process_scheduling.c - when, where and as what the program is run: scheduler,
 * I/O priority, CPUs, memory nodes, personality.
 *
 * Here stands what is wrong whoever asks.  What the kernel refuses to this
 * caller only a trial can tell: it looks at limits, at the policy that the
 * caller has, at cpusets and cgroups (proc/scheduling.c).
 *
 * Sources: sched(7), ioprio_set(2), set_mempolicy(2), personality(2), and the
 * specification's config.md and config-linux.md.
 */
#include <errno.h>
#include <linux/ioprio.h>
#include <linux/sched.h>
#include <sys/personality.h>

#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "plan/make.h"
#include "plan/names.h"

/* The readers of spec/ let no other name through. */
static unsigned number_of(const struct named *v, const char *name)
{
	while (v->name && !str_eq(v->name, name))
		v++;
	return v->number;
}

static unsigned flags_of(const struct named *v, const struct strings *names)
{
	unsigned flags = 0;

	for (size_t i = 0; i < names->n; i++)
		flags |= number_of(v, names->v[i]);
	return flags;
}

/* --- scheduler */

static const struct named policies[] = {
	{ "SCHED_OTHER", SCHED_NORMAL },
	{ "SCHED_FIFO", SCHED_FIFO },
	{ "SCHED_RR", SCHED_RR },
	{ "SCHED_BATCH", SCHED_BATCH },
	{ "SCHED_IDLE", SCHED_IDLE },
	{ "SCHED_DEADLINE", SCHED_DEADLINE },
	{ NULL, 0 },
};

static const struct named scheduler_flags[] = {
	{ "SCHED_FLAG_RESET_ON_FORK", SCHED_FLAG_RESET_ON_FORK },
	{ "SCHED_FLAG_RECLAIM", SCHED_FLAG_RECLAIM },
	{ "SCHED_FLAG_DL_OVERRUN", SCHED_FLAG_DL_OVERRUN },
	{ "SCHED_FLAG_KEEP_POLICY", SCHED_FLAG_KEEP_POLICY },
	{ "SCHED_FLAG_KEEP_PARAMS", SCHED_FLAG_KEEP_PARAMS },
	{ "SCHED_FLAG_UTIL_CLAMP_MIN", SCHED_FLAG_UTIL_CLAMP_MIN },
	{ "SCHED_FLAG_UTIL_CLAMP_MAX", SCHED_FLAG_UTIL_CLAMP_MAX },
	{ NULL, 0 },
};

/* The shortest runtime that the kernel takes, in nanoseconds. */
#define DEADLINE_RUNTIME_MIN 1024

static int check_deadline(const struct spec_scheduler *s, struct err *e)
{
	bool deadline = str_eq(s->policy, "SCHED_DEADLINE");

	if (!deadline && (s->runtime || s->deadline || s->period))
		return err_set(e, EINVAL,
			       "process.scheduler: runtime, deadline and "
			       "period belong to SCHED_DEADLINE, and "
			       "process.scheduler.policy is %s",
			       s->policy);
	if (!deadline)
		return 0;
	if (s->runtime < DEADLINE_RUNTIME_MIN || s->deadline == 0) {
		err_set(e, EINVAL,
			"process.scheduler: SCHED_DEADLINE needs a runtime of "
			"%d nanoseconds at least, and a deadline",
			DEADLINE_RUNTIME_MIN);
		return err_hint(e, "write both in nanoseconds");
	}
	if (s->runtime > s->deadline || (s->period && s->deadline > s->period))
		return err_set(e, EINVAL,
			       "process.scheduler: the runtime must not be "
			       "above the deadline, nor that above the period");
	return 0;
}

static int check_priority(const struct spec_scheduler *s, struct err *e)
{
	bool real_time = str_eq(s->policy, "SCHED_FIFO") ||
			 str_eq(s->policy, "SCHED_RR");

	if (s->nice < -20 || s->nice > 19)
		return err_set(e, EINVAL,
			       "process.scheduler.nice: %d is outside -20..19",
			       s->nice);
	if (real_time && (s->priority < 1 || s->priority > 99))
		return err_set(e, EINVAL,
			       "process.scheduler.priority: %d is outside "
			       "1..99, the range of %s",
			       s->priority, s->policy);
	if (!real_time && s->priority != 0)
		return err_set(e, EINVAL,
			       "process.scheduler.priority: %s has no "
			       "priorities, only SCHED_FIFO and SCHED_RR have",
			       s->policy);
	return 0;
}

static int plan_scheduler(struct plan *plan, struct err *e)
{
	const struct spec_scheduler *from = plan->spec->process->scheduler;
	struct plan_scheduler *s = &plan->process.scheduler;
	int r;

	if (!from)
		return 0;
	if (str_eq(from->policy, "SCHED_ISO"))
		return err_set(e, EINVAL,
			       "process.scheduler.policy: SCHED_ISO is a "
			       "reserved name, which no Linux implements");
	r = check_priority(from, e);
	if (r == 0)
		r = check_deadline(from, e);
	if (r < 0)
		return r;
	*s = (struct plan_scheduler){
		.name = from->policy,
		.policy = number_of(policies, from->policy),
		.flags = flags_of(scheduler_flags, &from->flags),
		.flag_names = &from->flags,
		.nice = from->nice,
		.priority = (uint32_t)from->priority,
		.runtime = from->runtime,
		.deadline = from->deadline,
		.period = from->period,
	};
	return 0;
}

/* --- I/O priority */

static const struct named io_classes[] = {
	{ "IOPRIO_CLASS_RT", IOPRIO_CLASS_RT },
	{ "IOPRIO_CLASS_BE", IOPRIO_CLASS_BE },
	{ "IOPRIO_CLASS_IDLE", IOPRIO_CLASS_IDLE },
	{ NULL, 0 },
};

static void plan_io_priority(struct plan *plan)
{
	const struct spec_io_priority *from = plan->spec->process->io_priority;
	struct plan_io_priority *io = &plan->process.io_priority;

	if (!from)
		return;
	io->name = from->class_name;
	io->io_class = number_of(io_classes, from->class_name);
	io->level = (unsigned)from->priority;
}

/* --- CPUs */

static int parse_cpus(struct plan *plan, struct plan_bits *initial,
		      struct plan_bits *final, struct err *e)
{
	const struct spec_exec_cpu_affinity *from =
		plan->spec->process->exec_cpu_affinity;
	int r;

	if (!from)
		return 0;
	r = bits_parse(&plan->arena, from->initial, BITS_CPUS_MAX,
		       "process.execCPUAffinity.initial", initial, e);
	if (r == 0)
		r = bits_parse(&plan->arena, from->final, BITS_CPUS_MAX,
			       "process.execCPUAffinity.final", final, e);
	return r;
}

int plan_exec_cpus(struct plan *plan, struct err *e)
{
	struct plan_process *p = &plan->process;

	return parse_cpus(plan, &p->cpus_initial, &p->cpus_final, e);
}

/* --- memory policy */

/* <linux/mempolicy.h>; the last two are newer than many a copy of it. */
enum {
	MODE_DEFAULT,
	MODE_PREFERRED,
	MODE_BIND,
	MODE_INTERLEAVE,
	MODE_LOCAL,
	MODE_PREFERRED_MANY,
	MODE_WEIGHTED_INTERLEAVE,
};
#define FLAG_STATIC_NODES   (1U << 15)
#define FLAG_RELATIVE_NODES (1U << 14)
#define FLAG_NUMA_BALANCING (1U << 13)

const struct named memory_mode_names[] = {
	{ "MPOL_DEFAULT", MODE_DEFAULT },
	{ "MPOL_PREFERRED", MODE_PREFERRED },
	{ "MPOL_BIND", MODE_BIND },
	{ "MPOL_INTERLEAVE", MODE_INTERLEAVE },
	{ "MPOL_LOCAL", MODE_LOCAL },
	{ "MPOL_PREFERRED_MANY", MODE_PREFERRED_MANY },
	{ "MPOL_WEIGHTED_INTERLEAVE", MODE_WEIGHTED_INTERLEAVE },
	{ NULL, 0 },
};

const struct named memory_flag_names[] = {
	{ "MPOL_F_STATIC_NODES", FLAG_STATIC_NODES },
	{ "MPOL_F_RELATIVE_NODES", FLAG_RELATIVE_NODES },
	{ "MPOL_F_NUMA_BALANCING", FLAG_NUMA_BALANCING },
	{ NULL, 0 },
};

static int check_nodes(unsigned mode, const char *name, bool has_nodes,
		       struct err *e)
{
	if (has_nodes && (mode == MODE_DEFAULT || mode == MODE_LOCAL))
		return err_set(e, EINVAL,
			       "linux.memoryPolicy.nodes: %s takes no nodes",
			       name);
	if (has_nodes || mode == MODE_DEFAULT || mode == MODE_LOCAL ||
	    mode == MODE_PREFERRED)
		return 0;
	err_set(e, EINVAL,
		"linux.memoryPolicy.nodes: %s needs the nodes that it is for",
		name);
	return err_hint(e, "write \"nodes\": \"0\", or as many as "
			   "/sys/devices/system/node/online names");
}

static int check_flags(unsigned mode, unsigned flags, bool has_nodes,
		       struct err *e)
{
	unsigned about_nodes = flags &
			       (FLAG_STATIC_NODES | FLAG_RELATIVE_NODES);

	if (about_nodes == (FLAG_STATIC_NODES | FLAG_RELATIVE_NODES))
		return err_set(e, EINVAL,
			       "linux.memoryPolicy.flags: "
			       "MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES "
			       "exclude each other");
	if (about_nodes && !has_nodes)
		return err_set(
			e, EINVAL,
			"linux.memoryPolicy.flags: static or relative "
			"nodes, and linux.memoryPolicy.nodes names none");
	if (flags & FLAG_NUMA_BALANCING && mode != MODE_BIND &&
	    mode != MODE_PREFERRED_MANY)
		return err_set(e, EINVAL,
			       "linux.memoryPolicy.flags: "
			       "MPOL_F_NUMA_BALANCING goes with MPOL_BIND or "
			       "MPOL_PREFERRED_MANY only");
	return 0;
}

/* The kernel takes the nodes that it may and says nothing of the others; a
 * bundle that names a node means it.  With one of the two flags the numbers
 * are not those of today's nodes. */
static int check_allowed(struct plan *plan, const struct plan_memory *m,
			 struct err *e)
{
	const char *text = plan->caller->memory_nodes;
	struct plan_bits allowed;
	int node;

	if (!m->nodes.text || !text ||
	    m->mode & (FLAG_STATIC_NODES | FLAG_RELATIVE_NODES))
		return 0;
	if (bits_parse(&plan->arena, text, BITS_NODES_MAX,
		       "the caller's memory nodes", &allowed, e) < 0)
		return -e->code;
	node = bits_first_missing(&m->nodes, &allowed);
	if (node < 0)
		return 0;
	err_set(e, EINVAL,
		"linux.memoryPolicy.nodes: there is no node %d that the caller "
		"may use",
		node);
	return err_hint(e, "the caller has %s", text);
}

static int plan_memory_policy(struct plan *plan, struct err *e)
{
	const struct spec_linux *l = plan->spec->linux_;
	const struct spec_memory_policy *from = l ? l->memory_policy : NULL;
	struct plan_memory *m = &plan->process.memory;
	unsigned mode, flags;
	int r;

	if (!from)
		return 0;
	if (!from->mode) {
		err_set(e, EINVAL, "linux.memoryPolicy.mode: missing");
		return err_hint(e, "write \"mode\": \"MPOL_BIND\", or remove "
				   "linux.memoryPolicy");
	}
	mode = number_of(memory_mode_names, from->mode);
	flags = flags_of(memory_flag_names, &from->flags);
	r = bits_parse(&plan->arena, from->nodes, BITS_NODES_MAX,
		       "linux.memoryPolicy.nodes", &m->nodes, e);
	if (r == 0)
		r = check_nodes(mode, from->mode, m->nodes.text != NULL, e);
	if (r == 0)
		r = check_flags(mode, flags, m->nodes.text != NULL, e);
	if (r < 0)
		return r;
	m->key = "linux.memoryPolicy";
	m->name = from->mode;
	m->mode = mode | flags;
	m->flag_names = &from->flags;
	return check_allowed(plan, m, e);
}

/* --- personality */

static int plan_personality(struct plan *plan, struct err *e)
{
	const struct spec_linux *l = plan->spec->linux_;
	const struct spec_personality *from = l ? l->personality : NULL;
	struct plan_process *p = &plan->process;

	if (!from)
		return 0;
	if (!from->domain) {
		err_set(e, EINVAL, "linux.personality.domain: missing");
		return err_hint(e, "write \"domain\": \"LINUX\" or "
				   "\"LINUX32\"");
	}
	if (from->flags.n > 0) {
		err_set(e, EINVAL,
			"linux.personality.flags: the specification defines "
			"no flag yet, and here is %.40s",
			from->flags.v[0]);
		return err_hint(e, "remove linux.personality.flags");
	}
	p->personality_name = from->domain;
	p->personality = str_eq(from->domain, "LINUX32") ? PER_LINUX32
							 : PER_LINUX;
	return 0;
}

int plan_scheduling(struct plan *plan, struct err *e)
{
	struct plan_bits unused;
	int r = plan_scheduler(plan, e);

	plan_io_priority(plan);
	/* The specification keeps these from the container's first process;
	 * that they can be read is asked of it all the same. */
	if (r == 0)
		r = parse_cpus(plan, &unused, &unused, e);
	if (r == 0)
		r = plan_memory_policy(plan, e);
	return r < 0 ? r : plan_personality(plan, e);
}

/* --- print */

static void print_flags(const struct strings *names, struct json_out *out)
{
	if (names->n == 0)
		return;
	json_array(out, "flags");
	for (size_t i = 0; i < names->n; i++)
		json_string(out, NULL, names->v[i]);
	json_end(out);
}

static void print_scheduler(const struct plan_scheduler *s,
			    struct json_out *out)
{
	if (!s->name)
		return;
	json_object(out, "scheduler");
	json_string(out, "policy", s->name);
	json_int(out, "nice", s->nice);
	if (s->priority)
		json_uint(out, "priority", s->priority);
	print_flags(s->flag_names, out);
	if (s->policy == SCHED_DEADLINE) {
		json_uint(out, "runtime", s->runtime);
		json_uint(out, "deadline", s->deadline);
		json_uint(out, "period", s->period);
	}
	json_end(out);
}

static void print_memory(const struct plan_memory *m, struct json_out *out)
{
	if (!m->name)
		return;
	json_object(out, "memoryPolicy");
	json_string(out, "mode", m->name);
	if (m->nodes.text)
		json_string(out, "nodes", m->nodes.text);
	print_flags(m->flag_names, out);
	json_end(out);
}

void plan_print_scheduling(const struct plan_process *p, struct json_out *out)
{
	print_scheduler(&p->scheduler, out);
	if (p->io_priority.name) {
		json_object(out, "ioPriority");
		json_string(out, "class", p->io_priority.name);
		json_uint(out, "priority", p->io_priority.level);
		json_end(out);
	}
	if (p->cpus.text)
		json_string(out, "cpus", p->cpus.text);
	if (p->cpus_initial.text)
		json_string(out, "initialCpus", p->cpus_initial.text);
	if (p->cpus_final.text)
		json_string(out, "finalCpus", p->cpus_final.text);
	print_memory(&p->memory, out);
	if (p->personality_name)
		json_string(out, "personality", p->personality_name);
}
