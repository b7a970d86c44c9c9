/* names.h - names of the kernel that config.json uses, and their numbers. */
#pragma once

struct named {
	const char *name;
	unsigned number;
};

/* "MPOL_BIND" …, "MPOL_F_STATIC_NODES" …; each ends with a NULL name. */
extern const struct named memory_mode_names[], memory_flag_names[];

/* "CAP_CHOWN" … as <linux/capability.h> numbers them; -1: no such name. */
int cap_number(const char *name);
/* NULL for a number that this program has no name for. */
const char *cap_name(int number);
#define CAP_NAMES 41

/* "RLIMIT_NOFILE" …; -1: no such name. */
int rlimit_number(const char *name);
const char *rlimit_name(int number);
