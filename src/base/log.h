/* log.h - what goes to --log.
 *
 * One record a line, in one write(2).  An engine reads the file to learn why
 * a command failed: exactly one record of level "error" per failed command,
 * written by main(); below it, warnings.  Without --log, warnings and what
 * --debug asks for go to stderr.
 *
 *	json	{"level":"error","msg":"…","time":"2026-01-31T12:00:00.000001Z"}
 *	text	time="…" level=error msg="…"
 *
 * The log belongs to HOST: INSIDE calls log_silence() after the clone.
 */
#pragma once

#include <stdbool.h>

struct err;

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };
enum log_format { LOG_TEXT, LOG_JSON };

/* Opens the file for appending, made 0644 when missing.  /dev/stdin, stdout,
 * stderr and /dev/fd/N are the descriptors that they name.  Never waits: a
 * fifo that nobody reads is an error. */
int log_open(const char *target, enum log_format format, struct err *e);
bool log_is_open(void);

/* Records above it are not written; LOG_WARNING at first. */
void log_set_level(enum log_level level);
/* "error", "warning", "info", "debug"; -EINVAL. */
int log_level_parse(const char *text);

/* A reader that is gone or does not read loses records, nothing else. */
void log_write(enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Ends all logging of this process and closes the file. */
void log_silence(void);

/* Now, as RFC 3339 in UTC with `digits` (0 to 9) of the second. */
void log_timestamp(unsigned digits, char ret[40]);
