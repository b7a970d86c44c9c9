/* scheduling.c - scheduler, I/O priority, CPUs, memory nodes, personality.
 *
 * Theory of operation: a real-time policy, a lower nice value and the real-time
 * class of I/O take a capability in the host's user namespace, or room in
 * limits that the program gets.  So it is HOST that asks first, when the limits
 * are set: real root has the capability, and the container's init, be it root
 * inside, has it not.  A user has rights only over processes with the same id;
 * what is refused INSIDE tries for itself.  What is refused then is done
 * without, and listed.
 *
 * Sources: sched_setattr(2), ioprio_set(2), sched_setaffinity(2),
 * set_mempolicy(2), personality(2).
 */
#include "proc/scheduling.h"

#include <errno.h>
#include <linux/ioprio.h>
#include <linux/sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/own.h"

/* The kernel's struct sched_attr of 5.3 and later; that name is glibc's from
 * 2.41 on, and <linux/sched/types.h> can't be had beside <sched.h>. */
struct attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
	uint32_t util_min, util_max;
};

static int set_attr(pid_t pid, const struct plan_scheduler *s, int nice_value)
{
	struct attr attr = {
		.size = sizeof(attr),
		.policy = s->policy,
		.flags = s->flags,
		.nice = nice_value,
		.priority = s->priority,
		.runtime = s->runtime,
		.deadline = s->deadline,
		.period = s->period,
	};

	return syscall(SYS_sched_setattr, pid, &attr, 0) < 0 ? -errno : 0;
}

static bool has_nice(const struct plan_scheduler *s)
{
	return s->policy == SCHED_NORMAL || s->policy == SCHED_BATCH;
}

/* The other policies take no notice of the nice value; the program has it for
 * the day when it goes back to SCHED_OTHER. */
static int set_nice(pid_t pid, int nice_value)
{
	if (setpriority(PRIO_PROCESS, (id_t)pid, nice_value) == 0)
		return 0;
	return errno == EACCES ? -EPERM : -errno;
}

static int scheduler_failed(const struct plan_scheduler *s, int code,
			    struct err *e)
{
	(void)err_errno(e, code, "process.scheduler: set %s", s->name);
	if (code == -EBUSY)
		return err_hint(e, "the CPUs have no room for so much runtime "
				   "in each period");
	if (code == -EINVAL && s->policy == SCHED_DEADLINE)
		return err_hint(e, "the period must be within "
				   "/proc/sys/kernel/sched_deadline_period_*");
	if (code == -EOPNOTSUPP)
		return err_hint(e, "the kernel is built without utilization "
				   "clamping: remove SCHED_FLAG_UTIL_CLAMP_* "
				   "from process.scheduler.flags");
	return code;
}

/* 0, the parts that were refused, or an error. */
static int set_scheduler(pid_t pid, const struct plan_scheduler *s,
			 struct err *e)
{
	int r = set_attr(pid, s, s->nice);

	if (r == -EPERM)
		return SCHEDULING_POLICY | SCHEDULING_NICE;
	if (r == 0 && !has_nice(s) && s->nice != 0)
		r = set_nice(pid, s->nice);
	if (r == -EPERM)
		return SCHEDULING_NICE;
	return r < 0 ? scheduler_failed(s, r, e) : 0;
}

static int set_io(pid_t pid, unsigned io_class, unsigned level)
{
	unsigned value = io_class << IOPRIO_CLASS_SHIFT | level;

	return syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, pid, value) < 0
		       ? -errno
		       : 0;
}

static int set_io_priority(pid_t pid, const struct plan_io_priority *io,
			   struct err *e)
{
	int r = set_io(pid, io->io_class, io->level);

	if (r == -EPERM)
		return SCHEDULING_IO;
	if (r < 0)
		return err_errno(e, r, "process.ioPriority: set %s, %u",
				 io->name, io->level);
	return 0;
}

int scheduling_set(pid_t pid, const struct plan_process *p, struct err *e)
{
	int refused = 0;
	int r = 0;

	if (p->scheduler.name)
		r = set_scheduler(pid, &p->scheduler, e);
	if (r < 0)
		return r;
	refused = r;
	if (p->io_priority.name)
		r = set_io_priority(pid, &p->io_priority, e);
	return r < 0 ? r : refused | r;
}

/* The policy at least, where only the nice value is too low. */
static int next_best_scheduler(const struct plan_scheduler *s, struct err *e)
{
	int own = getpriority(PRIO_PROCESS, 0);
	int r;

	if (!has_nice(s) || s->nice >= own)
		return SCHEDULING_POLICY;
	r = set_attr(0, s, own);
	if (r == -EPERM)
		return SCHEDULING_POLICY;
	return r < 0 ? scheduler_failed(s, r, e) : SCHEDULING_NICE;
}

static int set_rest_of_scheduler(const struct plan_scheduler *s, int parts,
				 struct err *e)
{
	int r;

	if (parts == SCHEDULING_NICE) {
		r = set_nice(0, s->nice);
		if (r < 0 && r != -EPERM)
			return scheduler_failed(s, r, e);
		return r < 0 ? SCHEDULING_NICE : 0;
	}
	r = set_scheduler(0, s, e);
	if (r > 0 && r & SCHEDULING_POLICY)
		r = next_best_scheduler(s, e);
	return r;
}

/* Real-time refused: best effort, at the same level. */
static int set_rest_of_io(const struct plan_io_priority *io, struct err *e)
{
	int r = set_io_priority(0, io, e);

	if (r > 0 && set_io(0, IOPRIO_CLASS_BE, io->level) < 0)
		return err_sys(e, "process.ioPriority: set best effort");
	return r;
}

int scheduling_set_rest(const struct plan_process *p, int parts, struct err *e)
{
	int policy = parts & (SCHEDULING_POLICY | SCHEDULING_NICE);
	int left = 0;
	int r = 0;

	if (policy)
		r = set_rest_of_scheduler(&p->scheduler, policy, e);
	if (r < 0)
		return r;
	left = r;
	r = parts & SCHEDULING_IO ? set_rest_of_io(&p->io_priority, e) : 0;
	return r < 0 ? r : left | r;
}

/* --- CPUs ----------------------------------------------------------------- */

/* The kernel leaves out what the cpuset does not allow and says nothing; it
 * refuses only when nothing is left.  Its answer is as long as its own set. */
int scheduling_set_cpus(const struct plan_bits *cpus, const char *key,
			struct err *e)
{
	size_t size = cpus->n_words * sizeof(*cpus->words);
	autofree unsigned long *got = mem_zero(size);

	if (syscall(SYS_sched_setaffinity, 0, size, cpus->words) < 0) {
		if (errno == EINVAL)
			return 1;
		return err_sys(e, "%s: set the CPUs %s", key, cpus->text);
	}
	if (syscall(SYS_sched_getaffinity, 0, size, got) < 0)
		return err_sys(e, "%s: read the CPUs back", key);
	return memcmp(got, cpus->words, size) != 0;
}

/* --- memory nodes and personality ----------------------------------------- */

int scheduling_set_memory(const struct plan_memory *m, struct err *e)
{
	unsigned long n_bits = m->nodes.n_words * BITS_PER_WORD;

	/* The kernel takes one bit less than it is told. */
	if (syscall(SYS_set_mempolicy, (int)m->mode, m->nodes.words,
		    n_bits ? n_bits + 1 : 0) == 0)
		return 0;
	(void)err_sys(e, "%s: set %s for the nodes %s", m->key, m->name,
		      m->nodes.text ? m->nodes.text : "(none)");
	if (e->code == EINVAL)
		return err_hint(e, "this kernel does not know the mode or does "
				   "not take it with these flags, or none of "
				   "the nodes is the caller's to use");
	if (e->code == ENOSYS)
		return err_hint(e,
				"the kernel is built without NUMA, or a "
				"sandbox refuses the call: remove %s",
				m->key);
	return -e->code;
}

int scheduling_set_personality(const struct plan_process *p, struct err *e)
{
	if (personality(p->personality) >= 0)
		return 0;
	(void)err_sys(e, "linux.personality.domain: set %s",
		      p->personality_name);
	if (e->code == EINVAL)
		return err_hint(e, "this machine runs no 32-bit programs");
	return -e->code;
}
