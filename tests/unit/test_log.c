/* test_log.c - records of the log, and that nothing can make it wait. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/own.h"

static char dir[] = "/tmp/test_log.XXXXXX";

static void open_log(const char *name, enum log_format format)
{
	struct err e = { 0 };

	ok(log_open(name, format, &e) == 0, name);
	is_str(e.text, "", "without an error");
}

/* A new start for the next test: log_silence() is for good. */
static void in_child(void (*test)(void))
{
	pid_t pid;
	int status;

	(void)fflush(stdout);
	pid = fork();
	if (pid == 0) {
		test_count = 0;
		test_failures = 0;
		(void)freopen("/dev/null", "w", stdout);
		test();
		(void)fflush(stdout);
		_exit(test_failures > 0);
	}
	ok(waitpid(pid, &status, 0) == pid && status == 0, "as it should");
}

static void json_record(void)
{
	struct json_doc doc = { 0 };
	autofree char *text = NULL;
	struct err e;
	size_t len;

	open_log("log.json", LOG_JSON);
	log_write(LOG_ERROR, "two\nlines \"%s\" \xff", "quoted");
	log_write(LOG_INFO, "above the level");
	ok(file_read_at(AT_FDCWD, "log.json", 4096, &text, &len) == 0, "read");
	ok(strchr(text, '\n') == text + len - 1, "one line");
	ok(json_parse(text, len, &doc, &e) == 0, "of JSON");
	is_str(json_get(doc.root, "level")->text, "error", "level");
	is_str(json_get(doc.root, "msg")->text,
	       "two\nlines \"quoted\" \xef\xbf\xbd", "msg");
	is_int(strlen(json_get(doc.root, "time")->text),
	       strlen("2026-01-31T12:00:00.000001Z"), "time");
	is_int(doc.root->n, 3, "and nothing else");
	json_done(&doc);
}

static void text_record(void)
{
	autofree char *text = NULL;

	open_log("log.text", LOG_TEXT);
	log_write(LOG_WARNING, "a \"b\"\nc");
	ok(file_read_at(AT_FDCWD, "log.text", 4096, &text, NULL) == 0, "read");
	ok(strstr(text, " level=warning msg=\"a \\\"b\\\"\\nc\"\n"), text);
	ok(strncmp(text, "time=\"2", 7) == 0, "the time comes first");
}

static void levels(void)
{
	autofree char *text = NULL;
	size_t len;

	open_log("log.levels", LOG_TEXT);
	log_set_level(LOG_ERROR);
	log_write(LOG_WARNING, "1");
	log_set_level(LOG_DEBUG);
	log_write(LOG_DEBUG, "2");
	log_silence();
	log_write(LOG_ERROR, "3");
	ok(!log_is_open(), "closed");
	ok(file_read_at(AT_FDCWD, "log.levels", 4096, &text, &len) == 0,
	   "read");
	ok(strstr(text, "level=debug msg=\"2\"") && !strstr(text, "\"1\"") &&
		   !strstr(text, "\"3\""),
	   text);
}

static void fifo_without_reader(void)
{
	struct err e = { 0 };

	ok(mkfifo("fifo", 0600) == 0, "a fifo");
	is_int(log_open("fifo", LOG_TEXT, &e), -ENXIO, "nobody reads");
	is_str(e.text, "open the log fifo: nobody reads", "its error");
}

/* A reader that has gone would end us by SIGPIPE; one that sleeps would keep
 * us for ever. */
static void pipes(void)
{
	char junk[4096] = "";
	int fds[2];
	char name[32];

	ok(pipe(fds) == 0, "a pipe");
	(void)snprintf(name, sizeof(name), "/dev/fd/%d", fds[1]);
	open_log(name, LOG_TEXT);
	log_write(LOG_ERROR, "heard");
	ok(read(fds[0], junk, sizeof(junk) - 1) > 0 && strstr(junk, "heard"),
	   "the record came");
	ok(fcntl(fds[1], F_SETFL, O_NONBLOCK) == 0, "fill it");
	while (write(fds[1], junk, sizeof(junk)) > 0)
		;
	ok(fcntl(fds[1], F_SETFL, 0) == 0, "blocking again");
	log_write(LOG_ERROR, "lost");
	ok(close(fds[0]) == 0, "the reader is gone");
	log_write(LOG_ERROR, "lost too");
	ok(true, "alive");
}

static void bad_files(void)
{
	struct err e = { 0 };

	is_int(log_open("no/such/file", LOG_TEXT, &e), -ENOENT, "no folder");
	is_int(log_open(".", LOG_TEXT, &e), -EISDIR, "a folder");
	is_int(log_open("/dev/fd/77", LOG_TEXT, &e), -EBADF, "a closed fd");
	is_int(log_level_parse("warning"), LOG_WARNING, "a level");
	is_int(log_level_parse("loud"), -EINVAL, "no level");
}

static void timestamps(void)
{
	char text[40];

	log_timestamp(0, text);
	is_int(strlen(text), strlen("2026-01-31T12:00:00Z"), "seconds");
	log_timestamp(9, text);
	is_int(strlen(text), strlen("2026-01-31T12:00:00.123456789Z"),
	       "nanoseconds");
	ok(text[10] == 'T' && text[19] == '.' && text[29] == 'Z', text);
}

int main(void)
{
	if (!mkdtemp(dir) || chdir(dir) < 0)
		return 99;
	in_child(json_record);
	in_child(text_record);
	in_child(levels);
	in_child(fifo_without_reader);
	in_child(pipes);
	bad_files();
	timestamps();
	(void)unlink("log.json");
	(void)unlink("log.text");
	(void)unlink("log.levels");
	(void)unlink("fifo");
	(void)rmdir(dir);
	return done();
}
