/* err.c - an error that carries a sentence, a remedy and an errno. */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int(err_set)(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;

	e->code = code > 0 ? code : EINVAL;
	e->hint[0] = '\0';
	va_start(ap, fmt);
	(void)vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	return -e->code;
}

static int set_with_name(struct err *e, int code, const char *fmt, va_list ap)
{
	size_t used;

	code = abs(code);
	e->code = code ? code : EIO;
	e->hint[0] = '\0';
	(void)vsnprintf(e->text, sizeof(e->text), fmt, ap);
	used = strlen(e->text);
	(void)snprintf(e->text + used, sizeof(e->text) - used, " (%s)",
		       err_name(e->code));
	return -e->code;
}

int(err_sys)(struct err *e, const char *fmt, ...)
{
	int code = errno;
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = set_with_name(e, code, fmt, ap);
	va_end(ap);
	return r;
}

int(err_errno)(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = set_with_name(e, code, fmt, ap);
	va_end(ap);
	return r;
}

/* An error without a code (from a message that was cut, say) stays one. */
static int below_zero(struct err *e)
{
	if (e->code <= 0)
		e->code = EIO;
	return -e->code;
}

int(err_wrap)(struct err *e, const char *fmt, ...)
{
	char old[ERR_TEXT_MAX];
	va_list ap;
	size_t used;

	memcpy(old, e->text, sizeof(old));
	va_start(ap, fmt);
	(void)vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	used = strlen(e->text);
	(void)snprintf(e->text + used, sizeof(e->text) - used, ": %s", old);
	return below_zero(e);
}

int(err_hint)(struct err *e, const char *fmt, ...)
{
	va_list ap;

	if (e->hint[0] != '\0')
		return below_zero(e);
	va_start(ap, fmt);
	(void)vsnprintf(e->hint, sizeof(e->hint), fmt, ap);
	va_end(ap);
	return below_zero(e);
}
