/* device_program.h - rules about devices as a program for the kernel. */
#pragma once

#include <linux/bpf.h>
#include <stddef.h>

#include "plan/plan.h"

struct device_program {
	struct bpf_insn *code; /* owned */
	size_t n;
};

/* Rules as those of a plan: for each letter of the access asked for the last
 * one that fits decides; where none does it is refused. */
void device_program_make(const struct plan_device_rule *rules, size_t n,
			 struct device_program *ret);
void device_program_done(struct device_program *p);
