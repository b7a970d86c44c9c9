/* err.h - an error that carries a sentence, a remedy and an errno.
 *
 * A function that can fail takes `struct err *e` last and returns an int:
 * >= 0 is good; below 0 is -errno, and then `e` is filled, always both.  The
 * struct lives on the caller's stack, has a fixed size and owns no memory,
 * so that it can cross the sync channel as it is.
 *
 * Nothing below cli/ prints an error; main prints exactly one line.
 */
#pragma once

#define ERR_TEXT_MAX 1024
#define ERR_HINT_MAX 640

struct err {
	int code; /* an errno, positive; 0: no error */
	char text[ERR_TEXT_MAX]; /* what failed, on what, why */
	char hint[ERR_HINT_MAX]; /* what the user can do; "" if nothing */
};

/* An error of our own making.  Returns -code; code must be > 0. */
int err_set(struct err *e, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* A failed call: the sentence, then the errno by name, "(EACCES)".  Never
 * strerror: engines search the line for its words.  Returns -errno. */
int err_sys(struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The same with the errno given; a value of -errno is taken too. */
int err_errno(struct err *e, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts "fmt: " before the text of an error that exists.  Returns -e->code. */
int err_wrap(struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Says what the user can do about it.  The first hint, given nearest to the
 * cause, stays.  Returns -e->code. */
int err_hint(struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* "EACCES" for EACCES or -EACCES; "error 4095" for a number without a name.
 * The answer is valid until the next call. */
const char *err_name(int code);

/* The analysers see one file at a time; this tells them (and the compiler)
 * what is said above: these return less than 0. */
static inline int err_below_zero(int r)
{
	if (r >= 0)
		__builtin_unreachable();
	return r;
}
#define err_set(...)   err_below_zero(err_set(__VA_ARGS__))
#define err_sys(...)   err_below_zero(err_sys(__VA_ARGS__))
#define err_errno(...) err_below_zero(err_errno(__VA_ARGS__))
#define err_wrap(...)  err_below_zero(err_wrap(__VA_ARGS__))
#define err_hint(...)  err_below_zero(err_hint(__VA_ARGS__))
