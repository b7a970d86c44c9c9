/* device_rules.h - which devices a container may use, by rules. */
#pragma once

#include "plan/plan.h"

struct err;

/* The rules of linux.resources.devices, and those that hold for every
 * container after them; in the arena. */
int device_rules(const struct spec_resources *from, struct arena *a,
		 struct plan_device_rule **ret, size_t *ret_n, struct err *e);

/* What the rules say about all of `access` together; type is 'c' or 'b'. */
bool device_rules_allow(const struct plan_device_rule *rules, size_t n,
			char type, int64_t major, int64_t minor,
			unsigned access);
