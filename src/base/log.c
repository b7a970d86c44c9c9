/* log.c - what goes to --log.
 *
 * Theory of operation: the caller may hand us anything as the log, a fifo or
 * the stderr of an engine among them, and a runtime that waits for its log is
 * a runtime that hangs.  So the file is opened without waiting, and before
 * each write we wait a short time at most.  A pipe whose reader is gone is
 * seen by the same poll, because SIGPIPE would end us.
 */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "base/own.h"
#include "base/str.h"

#define LOG_WAIT_MS  1000
#define LOG_TEXT_MAX 4096

static struct {
	int fd; /* plus one; 0: none */
	enum log_format format;
	enum log_level level;
	bool silent;
} log_state = { .level = LOG_WARNING };

static const char *const level_names[] = { "error", "warning", "info",
					   "debug" };

/* The descriptor that a name like /dev/fd/3 means, or -1.  Opening the name
 * again would fail for a socket and lose the position of a file. */
static int named_fd(const char *target)
{
	static const char *const folders[] = { "/dev/fd/", "/proc/self/fd/" };
	uint32_t n;

	if (str_eq(target, "/dev/stdin"))
		return STDIN_FILENO;
	if (str_eq(target, "/dev/stdout"))
		return STDOUT_FILENO;
	if (str_eq(target, "/dev/stderr"))
		return STDERR_FILENO;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		const char *rest = str_after(target, folders[i]);

		if (rest && str_uint32(rest, &n) == 0 && n <= INT32_MAX)
			return (int)n;
	}
	return -1;
}

int log_open(const char *target, enum log_format format, struct err *e)
{
	autoclose int opened = -1;
	int named = named_fd(target);
	int fd;

	if (named < 0) {
		opened = open(target,
			      O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK |
				      O_NOCTTY | O_CLOEXEC,
			      0644);
		if (opened < 0 && errno == ENXIO) {
			(void)err_set(e, ENXIO, "open the log %s: nobody reads",
				      target);
			return err_hint(e, "Open the other end first, or name "
					   "a file");
		}
		if (opened < 0) {
			(void)err_sys(e, "open the log %s", target);
			return err_hint(e, "Give --log a file that you can "
					   "write, in a folder that is there");
		}
		named = opened;
	}
	/* Not among the three that are the container's. */
	fd = fcntl(named, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return err_sys(e, "open the log %s", target);
	log_state.fd = fd + 1;
	log_state.format = format;
	return 0;
}

bool log_is_open(void)
{
	return log_state.fd > 0;
}

void log_set_level(enum log_level level)
{
	log_state.level = level;
}

int log_level_parse(const char *text)
{
	for (int i = LOG_ERROR; i <= LOG_DEBUG; i++)
		if (str_eq(text, level_names[i]))
			return i;
	return -EINVAL;
}

void log_timestamp(unsigned digits, char ret[40])
{
	struct timespec now = { 0 };
	struct tm tm = { 0 };
	char fraction[16] = "";

	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)gmtime_r(&now.tv_sec, &tm);
	if (digits > 0)
		(void)snprintf(fraction, sizeof(fraction), ".%09ld",
			       now.tv_nsec);
	if (digits < 9)
		fraction[digits ? digits + 1 : 0] = '\0';
	(void)snprintf(ret, 40, "%04d-%02d-%02dT%02d:%02d:%02d%sZ",
		       tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
		       tm.tm_min, tm.tm_sec, fraction);
}

static void send_line(int fd, const char *line, size_t len)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	if (poll(&p, 1, LOG_WAIT_MS) <= 0 || !(p.revents & POLLOUT) ||
	    (p.revents & (POLLERR | POLLHUP)))
		return;
	(void)!write(fd, line, len);
}

/* One line that a terminal can't be tricked by. */
static void put_plain(struct strbuf *b, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < 0x20 || c == 0x7f)
			strbuf_printf(b, "\\x%02x", c);
		else
			strbuf_putc(b, *text);
	}
}

/* JSON's quotes are good for text as well. */
static void put_record(struct strbuf *b, enum log_level level, const char *msg)
{
	struct json_out *o = json_out_new(false);
	char now[40];

	log_timestamp(6, now);
	if (log_state.format == LOG_JSON) {
		json_object(o, NULL);
		json_string(o, "level", level_names[level]);
		json_string(o, "msg", msg);
		json_string(o, "time", now);
		json_end(o);
		strbuf_puts(b, json_out_text(o, NULL));
	} else {
		json_string(o, NULL, msg);
		strbuf_printf(b, "time=\"%s\" level=%s msg=%s", now,
			      level_names[level], json_out_text(o, NULL));
	}
	json_out_free(o);
}

void log_write(enum log_level level, const char *fmt, ...)
{
	struct strbuf line = { 0 };
	char msg[LOG_TEXT_MAX];
	va_list ap;

	if (log_state.silent || level > log_state.level)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	if (log_state.fd > 0) {
		put_record(&line, level, msg);
	} else {
		strbuf_printf(&line, "rootlet: %s: ", level_names[level]);
		put_plain(&line, msg);
	}
	strbuf_putc(&line, '\n');
	send_line(log_state.fd > 0 ? log_state.fd - 1 : STDERR_FILENO,
		  line.text, line.len);
	strbuf_done(&line);
}

void log_silence(void)
{
	log_state.silent = true;
	if (log_state.fd > 0)
		(void)close(log_state.fd - 1);
	log_state.fd = 0;
}
