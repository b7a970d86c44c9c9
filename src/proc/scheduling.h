/* scheduling.h - scheduler, I/O priority, CPUs, memory nodes, personality. */
#pragma once

#include <sys/types.h>

#include "plan/plan.h"

struct err;

/* What the kernel may refuse to one and grant to another. */
enum scheduling_part {
	SCHEDULING_POLICY = 1,
	SCHEDULING_NICE = 2,
	SCHEDULING_IO = 4,
};

/* HOST, as the caller, for the process `pid`: its scheduler and I/O priority.
 * Returns the parts (enum scheduling_part) for which we have no right. */
int scheduling_set(pid_t pid, const struct plan_process *p, struct err *e);

/* INSIDE, for itself: those parts, by its own rights; what is refused again,
 * by the next best.  Returns the parts that are not as the plan says. */
int scheduling_set_rest(const struct plan_process *p, int parts, struct err *e);

/* For the caller itself and its children to come.  Returns 1 when the kernel
 * does not let it have all of these CPUs. */
int scheduling_set_cpus(const struct plan_bits *cpus, const char *key,
			struct err *e);

/* INSIDE, for itself; both last over exec. */
int scheduling_set_memory(const struct plan_memory *m, struct err *e);
int scheduling_set_personality(const struct plan_process *p, struct err *e);
