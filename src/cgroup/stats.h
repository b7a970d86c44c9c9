/* stats.h - what a cgroup has used, and how often it met its limits.
 *
 * Read from the files of its directory.  A controller that is not enabled
 * there, or a file that this kernel lacks, leaves zeroes: what the numbers mean
 * then is that nobody counts.
 *
 * Source: Documentation/admin-guide/cgroup-v2.rst, Documentation/accounting/
 * psi.rst.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "plan/bits.h"

struct err;
struct json_out;

/* Time that processes stood still for want of a resource. */
struct stats_pressure {
	bool known;
	struct stats_stall {
		/* Of the last 10, 60 and 300 seconds: hundredths of a percent. */
		uint64_t avg10, avg60, avg300;
		uint64_t total; /* microseconds */
	} some, full; /* some of them; all of them at once */
};

/* Of something that has a limit; UINT64_MAX: none. */
struct stats_amount {
	uint64_t limit, usage, peak;
	uint64_t failed; /* how often it was about to go above the limit */
};

struct stats_value {
	const char *key;
	uint64_t value;
};

struct stats_io {
	uint64_t major, minor;
	uint64_t read_bytes, written_bytes, reads, writes;
};

struct stats_hugetlb {
	const char *size; /* "2MB" */
	uint64_t usage, failed;
};

struct stats_rdma {
	const char *device;
	uint64_t handles, objects; /* UINT64_MAX: "max" */
};

/* Growing array in the arena: doubled, never given back before the end. */
#define STATS_LIST(type)  \
	struct {          \
		type *v;  \
		size_t n; \
	}

struct cgroup_stats {
	struct arena arena; /* owns the strings and the lists */
	struct {
		uint64_t total, user, kernel; /* nanoseconds */
		uint64_t periods, throttled_periods; /* of its quota */
		uint64_t throttled_time; /* nanoseconds */
		struct stats_pressure pressure;
	} cpu;
	struct plan_bits cpus, nodes; /* that it may use */
	struct {
		struct stats_amount memory;
		struct stats_amount swap; /* without the memory */
		uint64_t oom_kills; /* processes that the kernel killed */
		STATS_LIST(struct stats_value) raw; /* memory.stat */
		struct stats_pressure pressure;
	} memory;
	struct {
		uint64_t current, limit; /* limit UINT64_MAX: none */
	} pids;
	struct {
		STATS_LIST(struct stats_io) devices;
		struct stats_pressure pressure;
	} io;
	STATS_LIST(struct stats_hugetlb) hugetlb;
	struct {
		STATS_LIST(struct stats_rdma) limits, current;
	} rdma;
};

/* dir_fd: of the cgroup's directory.  -ENODEV: it has been removed; -EBADMSG:
 * a file is not as the kernel's documentation has it. */
int cgroup_stats_read(int dir_fd, struct cgroup_stats *ret, struct err *e);
/* Takes it up to here and what was read.  Zero the struct first. */
void cgroup_stats_done(struct cgroup_stats *s);

/* The text of one of the files, by its name; a file that says nothing for us
 * is no error.  Cuts the text up. */
int cgroup_stats_parse(struct cgroup_stats *s, const char *file, char *text,
		       struct err *e);

/* The members of `data` in runc's events (types/events.go there). */
void cgroup_stats_print(const struct cgroup_stats *s, struct json_out *out);
