/* seccomp_thread.h - the thread that becomes the program when a seccomp filter has a
 * listener.  INSIDE.
 */
#pragma once

struct err;
struct seccomp_thread; /* opaque; lives as long as the process */

struct seccomp_thread_job {
	/* Puts the filter on; returns the listener's fd. */
	int (*install)(void *arg, struct err *e);
	/* Becomes the program; returns only on failure. */
	int (*become)(void *arg, struct err *e);
	void *arg;
};

/* Starts the thread, which calls install().  Returns the listener's fd; it
 * belongs to the caller, who is under no filter of the job's. */
int seccomp_thread_begin(const struct seccomp_thread_job *job,
			 struct seccomp_thread **ret, struct err *e);

/* Lets it go on to become().  Returns only on failure, with its sentence. */
int seccomp_thread_go(struct seccomp_thread *n, struct err *e);
