/* test_err.c - unit tests of base/err.c. */
#include "test.h"

#include <errno.h>

#include "base/err.h"

static void the_errno_stands_by_name(void)
{
	struct err e = { 0 };

	errno = EACCES;
	is_int(err_sys(&e, "open %s", "/x"), -EACCES, "err_sys gives -errno");
	is_str(e.text, "open /x (EACCES)", "and the errno's name, no more");
	is_int(err_errno(&e, -ENOENT, "a"), -ENOENT, "a negative code is fine");
	is_str(e.text, "a (ENOENT)", "and has its name");
	is_int(err_errno(&e, 0, "a"), -EIO, "0 still is an error");
	is_str(err_name(4095), "error 4095", "a number without a name");
	is_int(err_set(&e, 0, "a"), -EINVAL, "err_set with 0 still fails");
}

static void wrapping_and_hints(void)
{
	struct err e = { 0 };

	err_set(&e, EPERM, "no");
	is_int(err_hint(&e, "first %d", 1), -EPERM, "a hint keeps the code");
	err_hint(&e, "second");
	is_int(err_wrap(&e, "stage %d", 2), -EPERM, "wrapping keeps the code");
	is_str(e.text, "stage 2: no", "outer text first");
	is_str(e.hint, "first 1", "the first hint stays");
	err_set(&e, EIO, "again");
	is_str(e.hint, "", "a new error has no old hint");
}

static void long_texts_are_cut(void)
{
	char big[3 * ERR_TEXT_MAX];
	struct err e = { 0 };

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	err_set(&e, EIO, "%s", big);
	is_int(strlen(e.text), ERR_TEXT_MAX - 1, "the text fits its place");
	err_hint(&e, "%s", big);
	is_int(strlen(e.hint), ERR_HINT_MAX - 1, "so does the hint");
	err_wrap(&e, "stage");
	ok(strncmp(e.text, "stage: xxx", 10) == 0, "wrapping cuts the end");
	errno = EACCES;
	err_sys(&e, "%s", big);
	is_int(strlen(e.text), ERR_TEXT_MAX - 1, "no room for the errno");
}

int main(void)
{
	the_errno_stands_by_name();
	wrapping_and_hints();
	long_texts_are_cut();
	return done();
}
