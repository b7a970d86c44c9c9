/* own.h - who owns what, by cleanup attributes.
 *
 *	autofree char *text = NULL;	   freed when it goes out of scope
 *	autoclose int fd = -1;		   closed
 *	autodir DIR *dir = NULL;	   closedir'ed
 *	auto(plan) struct plan plan = { 0 };   plan_done(&plan)
 *
 * Each is initialised where it is declared.  take_ptr() and take_fd() hand the
 * thing over and leave NULL or -1 behind.
 */
#pragma once

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static inline void own_free(void *p)
{
	free(*(void **)p);
}

/* Keeps errno, so that an error can be made before the scope ends. */
static inline void own_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
	errno = saved;
}

static inline void own_closedir(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir);
	*dir = NULL;
}

#define autofree  __attribute__((cleanup(own_free)))
#define autoclose __attribute__((cleanup(own_close)))
#define autodir	  __attribute__((cleanup(own_closedir)))
#define auto(type) __attribute__((cleanup(type##_done)))

#define take_ptr(p)                             \
	({                                      \
		__typeof__(*(p)) _taken = *(p); \
		*(p) = NULL;                    \
		_taken;                         \
	})

static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}
