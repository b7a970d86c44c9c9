/* seccomp_thread.c - the thread that becomes the program when a seccomp filter has a
 * listener.
 *
 * Theory of operation: from the moment the filter is on, any system call may
 * be one that it notifies, and nobody answers before the listener has reached
 * whoever is to listen.  A process that is under the filter can't send it
 * there: the calls to do so would be the first to wait for an answer.  Neither
 * can HOST fetch it with pidfd_getfd(2) from a process that is not dumpable,
 * as ours is wherever somebody foreign could see it.
 *
 * A filter is a thread's, though, and exec(2) may be called by any thread: it
 * takes over the number of the process and ends all others.  So a second thread
 * puts the filter on and becomes the program, and the first one, free of it,
 * shares its file descriptors and does all the talking: it hands the listener
 * over, hears that it has arrived, says when something goes wrong.  In between
 * the second thread must not make a single call, so it turns in a circle; that
 * takes as long as HOST takes to pass a message on, well below a millisecond.
 *
 * Other ways: a child that shares the table of file descriptors would be left
 * to the program as a zombie, and waiting for it is a call like any other.
 */
#include "proc/seccomp_thread.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/heap.h"
#include "base/mem.h"
#include "proc/seccomp.h"

/* It needs little; sanitizers need more. */
#define STACK_SIZE ((size_t)512 * 1024)

struct seccomp_thread {
	struct seccomp_thread_job job;
	pid_t tid; /* of the second thread */
	_Atomic bool installed; /* install() has returned */
	_Atomic bool go; /* the listener has arrived */
	_Atomic bool failed; /* become() has returned */
	int result; /* of either */
	struct err err;
};

/* Waits for the other thread without a system call. */
static void turn_until(_Atomic bool *flag)
{
	while (!atomic_load_explicit(flag, memory_order_acquire)) {
#if defined(__x86_64__)
		__builtin_ia32_pause();
#elif defined(__aarch64__)
		__asm__ volatile("yield");
#endif
	}
}

static void *second_thread(void *arg)
{
	static _Atomic bool never;
	struct seccomp_thread *n = arg;
	int r;

	n->tid = (pid_t)syscall(SYS_gettid);
	r = n->job.install(n->job.arg, &n->err);
	n->result = r;
	atomic_store(&n->installed, true);
	if (r < 0)
		return NULL;
	turn_until(&n->go);
	n->result = n->job.become(n->job.arg, &n->err);
	atomic_store(&n->failed, true);
	/* Ending takes calls as well; the first thread ends both. */
	turn_until(&never);
	return NULL;
}

static void nap(void)
{
	const struct timespec moment = { .tv_nsec = 20000 };

	(void)nanosleep(&moment, NULL);
}

static int start_thread(struct seccomp_thread *n, struct err *e)
{
	pthread_attr_t attr;
	pthread_t thread;
	int r;

	heap_expect_threads();
	(void)pthread_attr_init(&attr);
	(void)pthread_attr_setstacksize(&attr, STACK_SIZE);
	(void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	r = pthread_create(&thread, &attr, second_thread, n);
	(void)pthread_attr_destroy(&attr);
	if (r == 0)
		return 0;
	(void)err_errno(e, r,
			"start the thread that puts the seccomp filter on");
	return err_hint(e, "while a program with SCMP_ACT_NOTIFY is started "
			   "there are two threads: RLIMIT_NPROC, RLIMIT_AS and "
			   "the limit of pids must leave room for them");
}

int seccomp_thread_begin(const struct seccomp_thread_job *job,
			 struct seccomp_thread **ret, struct err *e)
{
	struct seccomp_thread *n = mem_zero(sizeof(*n));
	int r;

	n->job = *job;
	r = start_thread(n, e);
	if (r < 0) {
		free(n);
		return r;
	}
	*ret = n;
	while (!atomic_load(&n->installed))
		nap();
	if (n->result < 0)
		*e = n->err;
	return n->result;
}

/* An action of its own filter may have ended only the thread. */
static bool is_alive(const struct seccomp_thread *n)
{
	return syscall(SYS_tgkill, getpid(), n->tid, 0) == 0 || errno != ESRCH;
}

int seccomp_thread_go(struct seccomp_thread *n, struct err *e)
{
	atomic_store_explicit(&n->go, true, memory_order_release);
	while (!atomic_load(&n->failed)) {
		nap();
		if (is_alive(n) || atomic_load(&n->failed))
			continue;
		(void)err_set(e, EPERM,
			      "the seccomp filter ended the program before it "
			      "was started");
		return err_hint(e, SECCOMP_MUST_ALLOW);
	}
	*e = n->err;
	return n->result;
}
