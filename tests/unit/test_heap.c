/* test_heap.c - unit tests of base/heap.c. */
#include "test.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/heap.h"

static bool all_are(const unsigned char *p, size_t n, unsigned char c)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != c)
			return false;
	return true;
}

/* Of each size one that keeps what was written beside its neighbours, twice:
 * the second time they are ones that were given back. */
static void blocks_of_all_sizes(void)
{
	enum { N = 60 };
	unsigned char *p[N];
	size_t size[N];

	for (int again = 0; again < 2; again++) {
		bool aligned = true, zero = true, kept = true;

		for (size_t i = 0; i < N; i++) {
			size[i] = i < 40 ? i * i : i * 3000;
			p[i] = heap_take_zeroed(size[i], 1);
			aligned = aligned &&
				  (uintptr_t)p[i] % _Alignof(max_align_t) == 0;
			zero = zero && all_are(p[i], size[i], 0);
			memset(p[i], (int)i + 1, size[i]);
		}
		for (size_t i = 0; i < N; i++) {
			kept = kept &&
			       all_are(p[i], size[i], (unsigned char)(i + 1));
			heap_give(p[i]);
		}
		ok(aligned, "each is aligned");
		ok(zero, "each is zero");
		ok(kept, "none is written by way of another");
	}
}

static void what_is_given_back_is_used_again(void)
{
	void *p = heap_take(100);
	void *q;

	heap_give(p);
	q = heap_take(90);
	ok(p == q, "the next of its size is the same");
	heap_give(q);
	heap_give(NULL);
	ok(true, "NULL may be given back");
	p = heap_take(0);
	q = heap_take(0);
	ok(p && q && p != q, "nothing is a block too");
	heap_give(p);
	heap_give(q);
}

static void it_outgrows_the_pool(void)
{
	enum { N = 100, SIZE = 16000 }; /* 1.6 MB */
	unsigned char *p[N];
	bool zero = true;

	for (size_t i = 0; i < N; i++) {
		p[i] = heap_take_zeroed(1, SIZE);
		if (!p[i])
			exit(1);
		zero = zero && all_are(p[i], SIZE, 0);
		memset(p[i], 0xff, SIZE);
	}
	ok(zero, "memory beyond the pool is zero as well");
	for (size_t i = 0; i < N; i++)
		heap_give(p[i]);
}

static void resizing(void)
{
	unsigned char *p = heap_resize(NULL, 10);
	bool kept = true;
	void *same;

	memset(p, 7, 10);
	for (size_t size = 20; size < 300000; size *= 2) {
		p = heap_resize(p, size);
		kept = kept && all_are(p, 10, 7);
	}
	ok(kept, "what was there moves along, up to mappings of their own");
	same = heap_resize(p, 1);
	ok(same == p, "what gets smaller stays where it is");
	heap_give(same);
}

static void too_much(void)
{
	errno = 0;
	ok(!heap_take(SIZE_MAX) && errno == ENOMEM, "more than there is");
	errno = 0;
	ok(!heap_take_zeroed(SIZE_MAX / 2, 3) && errno == ENOMEM,
	   "a product that does not fit");
	errno = 5;
	heap_give(heap_take(100000));
	is_int(errno, 5, "giving back leaves errno alone");
}

/* The signal that ends a process which calls it. */
static int ends_by(void (*f)(void))
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		f();
		_exit(0);
	}
	(void)waitpid(pid, &status, 0);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void give_twice(void)
{
	void *p = heap_take(10);

	heap_give(p);
	heap_give(p);
}

static void give_another(void)
{
	static max_align_t mine[8];

	heap_give(&mine[4]);
}

static void mistakes_end_the_program(void)
{
	is_int(ends_by(give_twice), SIGABRT, "given back twice");
	is_int(ends_by(give_another), SIGABRT, "never taken");
}

static void *take_and_give(void *data)
{
	bool *good = data;

	for (unsigned i = 0; i < 20000 && *good; i++) {
		unsigned char *p = heap_take_zeroed(i % 200, 1);

		if (!p)
			return NULL;
		*good = all_are(p, i % 200, 0);
		memset(p, 0xee, i % 200);
		heap_give(p);
	}
	return NULL;
}

static void threads(void)
{
	enum { N = 3 };
	pthread_t thread[N];
	bool good[N] = { true, true, true };

	heap_expect_threads();
	for (size_t i = 0; i < N; i++)
		if (pthread_create(&thread[i], NULL, take_and_give, &good[i]))
			return;
	for (size_t i = 0; i < N; i++)
		(void)pthread_join(thread[i], NULL);
	ok(good[0] && good[1] && good[2], "several threads at once");
}

int main(void)
{
	blocks_of_all_sizes();
	what_is_given_back_is_used_again();
	it_outgrows_the_pool();
	resizing();
	too_much();
	mistakes_end_the_program();
	threads();
	return done();
}
