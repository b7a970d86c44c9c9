/* notified.h - the thread that becomes the program when a seccomp filter has a
 * listener.  INSIDE.
 */
#pragma once

struct err;
struct notified; /* opaque; lives as long as the process */

struct notified_job {
	/* Puts the filter on; returns the listener's fd. */
	int (*install)(void *arg, struct err *e);
	/* Becomes the program; returns only on failure. */
	int (*become)(void *arg, struct err *e);
	void *arg;
};

/* Starts the thread, which calls install().  Returns the listener's fd; it
 * belongs to the caller, who is under no filter of the job's. */
int notified_begin(const struct notified_job *job, struct notified **ret,
		   struct err *e);

/* Lets it go on to become().  Returns only on failure, with its sentence. */
int notified_go(struct notified *n, struct err *e);
