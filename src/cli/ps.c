/* ps.c - rootlet ps: the processes of a container.
 *
 * Theory of operation: who they are is told by the container's cgroup, or, when
 * it has none, by members.c, and how they look by the host's ps, whose rows for other processes are left out.  Which row is
 * whose stands in its column PID: numbers end where their heading ends, but a
 * column before it may be wider than its own, and then the row's word of the
 * same rank is taken.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/container.h"
#include "cli/container_cgroup.h"
#include "cli/members.h"
#include "sys/memfd.h"
#include "sys/process.h"
#include "sys/tool.h"

#define OUTPUT_MAX ((size_t)64 << 20)
#define BLANKS	   " \t\n"

struct ps_opts {
	const char *format;
};

static const struct option_def ps_options[] = {
	{ "format", 'f', "table|json", offsetof(struct ps_opts, format),
	  OPT_WORD, "what ps writes, or an array of pids (default: table)" },
	{ 0 },
};

/* --- who they are */

struct pids {
	pid_t *v; /* owned */
	size_t n;
};

static void pids_done(struct pids *p)
{
	free(p->v);
}

static int add_pid(pid_t pid, int pidfd, void *data, struct err *e)
{
	struct pids *pids = data;

	(void)pidfd;
	(void)e;
	for (size_t i = 0; i < pids->n; i++)
		if (pids->v[i] == pid)
			return 0;
	pids->v = mem_resize(pids->v, pids->n + 1, sizeof(*pids->v));
	pids->v[pids->n++] = pid;
	return 0;
}

static int by_number(const void *a, const void *b)
{
	const pid_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static bool is_among(const struct pids *pids, pid_t pid)
{
	return pids->n > 0 &&
	       bsearch(&pid, pids->v, pids->n, sizeof(pid), by_number) != NULL;
}

static int find_in_cgroup(const struct store *store, const struct container *c,
			  struct pids *ret, struct err *e)
{
	autoclose int fd = container_cgroup_open(store, c, e);

	return fd < 0 ? fd : cgroup_processes(fd, &ret->v, &ret->n, e);
}

static int find_pids(const struct store *store, const struct container *c,
		     struct pids *ret, struct err *e)
{
	int r = 0;

	if (c->status != STATUS_STOPPED && c->pidfd >= 0) {
		r = c->state.cgroup ? find_in_cgroup(store, c, ret, e)
				    : -ENOENT;
		if (r == -ENOENT || (r == 0 && members_may_be_elsewhere(c))) {
			(void)add_pid((pid_t)c->state.pid, c->pidfd, ret, e);
			r = members_each(c, add_pid, ret, e);
		}
	}
	if (r < 0)
		return r;
	/* It may have ended while we looked, and its number be another's. */
	if (ret->n == 0 || sys_pidfd_alive(c->pidfd) != 1)
		return err_set(e, ESRCH, "container not running: %s",
			       c->state.id);
	qsort(ret->v, ret->n, sizeof(*ret->v), by_number);
	return 0;
}

/* --- how they look */

struct words {
	const char **v; /* owned, with NULL at the end; the strings are not */
	size_t n;
	char *text; /* owned: what they were cut from, or NULL */
};

static void words_done(struct words *w)
{
	free(w->v);
	free(w->text);
}

static void add_word(struct words *w, const char *word)
{
	w->v = mem_resize(w->v, w->n + 1, sizeof(*w->v));
	w->v[w->n++] = word;
}

static bool is_program(const char *path)
{
	struct stat st;

	return *path == '/' && access(path, X_OK) == 0 &&
	       stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* Where ps is: in PATH, or where it is without one.  free(). */
static char *find_ps(void)
{
	const char *path = getenv("PATH");

	if (str_empty(path))
		path = "/usr/bin:/bin";
	while (*path) {
		size_t len = strcspn(path, ":");
		autofree char *file = str_format("%.*s/ps", (int)len, path);

		if (is_program(file))
			return take_ptr(&file);
		path += len;
		path += *path == ':';
	}
	return NULL;
}

/* Clients give the options of ps as they were typed, in one string. */
static void ps_command(int argc, char **argv, struct words *ret)
{
	char *rest, *word;

	add_word(ret, "ps");
	if (argc == 0)
		add_word(ret, "-ef");
	for (int i = 0; argc > 1 && i < argc; i++)
		add_word(ret, argv[i]);
	if (argc == 1) {
		ret->text = str_dup(argv[0]);
		for (word = strtok_r(ret->text, BLANKS, &rest); word;
		     word = strtok_r(NULL, BLANKS, &rest))
			add_word(ret, word);
		if (ret->n == 1)
			add_word(ret, "-ef");
	}
	add_word(ret, NULL);
}

static int read_back(int fd, char **ret, struct err *e)
{
	int r;

	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(e, "read what ps wrote");
	r = file_read_fd(fd, OUTPUT_MAX, ret, NULL);
	return r < 0 ? err_errno(e, r, "read what ps wrote") : 0;
}

/* "ps: exit status 1: error: unsupported option".  Nothing found is status 1,
 * too, but with a heading and without a complaint. */
static int verdict(int status, const char *output, const char *complaint,
		   struct err *e)
{
	if (WIFEXITED(status) &&
	    (WEXITSTATUS(status) == 0 ||
	     (WEXITSTATUS(status) == 1 && *output && !*complaint)))
		return 0;
	complaint += strspn(complaint, BLANKS);
	if (WIFSIGNALED(status))
		err_set(e, ECHILD, "ps was ended by signal %d",
			WTERMSIG(status));
	else
		err_set(e, EINVAL, "ps ended with exit status %d%s%.*s",
			WEXITSTATUS(status), *complaint ? ": " : "",
			(int)strcspn(complaint, "\n"), complaint);
	return err_hint(e, "What follows the id are options of ps, see ps(1)");
}

/* What ps writes; free(). */
static int run_ps(int argc, char **argv, char **ret, struct err *e)
{
	autofree char *program = find_ps();
	autofree char *complaint = NULL;
	auto(words) struct words words = { 0 };
	autoclose int out_fd = sys_memfd_data("ps");
	autoclose int err_fd = sys_memfd_data("ps-errors");
	int status = 0;
	pid_t pid;
	int r;

	if (!program) {
		err_set(e, ENOENT, "there is no program ps in PATH");
		return err_hint(e, "Install the package procps (Debian, "
				   "Ubuntu) or procps-ng (Fedora), or take "
				   "--format json, which needs no ps");
	}
	if (out_fd < 0 || err_fd < 0)
		return err_errno(e, out_fd < 0 ? out_fd : err_fd,
				 "make a file in memory for what ps writes");
	ps_command(argc, argv, &words);
	/* argv[0] of tool_spawn() is the path; ps does not look at it. */
	words.v[0] = program;
	/* The pointers are to non-const for historic reasons only. */
	r = tool_spawn((char *const *)(uintptr_t)words.v, environ, out_fd,
		       err_fd, &pid);
	if (r < 0)
		return err_errno(e, r, "run %s", program);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	r = read_back(out_fd, ret, e);
	if (r == 0)
		r = read_back(err_fd, &complaint, e);
	return r < 0 ? r : verdict(status, *ret, complaint, e);
}

/* --- which row is whose */

struct column {
	size_t rank; /* of the word in its line, from 0 */
	size_t end; /* where it ends in the line */
};

/* The next word of a line that ends at `end`; false: there is none. */
static bool next_word(const char **at, const char *end, const char **ret_word,
		      size_t *ret_len)
{
	const char *s = *at;

	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	*ret_word = s;
	while (s < end && *s != ' ' && *s != '\t')
		s++;
	*at = s;
	*ret_len = (size_t)(s - *ret_word);
	return *ret_len > 0;
}

static bool find_column(const char *line, const char *end, struct column *ret)
{
	const char *at = line, *word;
	size_t len;

	for (ret->rank = 0; next_word(&at, end, &word, &len); ret->rank++) {
		ret->end = (size_t)(at - line);
		if (len == 3 && memcmp(word, "PID", 3) == 0)
			return true;
	}
	return false;
}

static bool read_pid(const char *word, size_t len, pid_t *ret)
{
	char digits[16];
	uint32_t number;

	if (len >= sizeof(digits))
		return false;
	memcpy(digits, word, len);
	digits[len] = '\0';
	if (str_uint32(digits, &number) < 0 || number > INT_MAX)
		return false;
	*ret = (pid_t)number;
	return true;
}

/* 0: no pid. */
static pid_t pid_of_row(const char *line, const char *end,
			const struct column *column)
{
	const char *at = line, *word;
	pid_t pid, by_rank = 0;
	size_t len;

	for (size_t rank = 0; next_word(&at, end, &word, &len); rank++) {
		if (!read_pid(word, len, &pid))
			continue;
		if ((size_t)(at - line) == column->end)
			return pid;
		if (rank == column->rank)
			by_rank = pid;
	}
	return by_rank;
}

static int pick_rows(const char *text, const struct pids *pids,
		     struct strbuf *ret, struct err *e)
{
	const char *end = strchrnul(text, '\n');
	struct column column;

	if (!find_column(text, end, &column)) {
		err_set(e, EINVAL,
			"what ps writes has no column PID, so "
			"nobody can tell whose its rows are");
		return err_hint(e, "Add pid to its option -o, without another "
				   "heading, or leave the options of ps out");
	}
	strbuf_add(ret, text, (size_t)(end - text));
	strbuf_putc(ret, '\n');
	while (*end) {
		const char *line = end + 1;

		end = strchrnul(line, '\n');
		if (!is_among(pids, pid_of_row(line, end, &column)))
			continue;
		strbuf_add(ret, line, (size_t)(end - line));
		strbuf_putc(ret, '\n');
	}
	return 0;
}

/* --- the command */

static int print_json(const struct pids *pids, struct err *e)
{
	struct json_out *out = json_out_new(false);

	json_array(out, NULL);
	for (size_t i = 0; i < pids->n; i++)
		json_int(out, NULL, pids->v[i]);
	json_end(out);
	return output_json(out, e);
}

static int print_table(const struct pids *pids, int argc, char **argv,
		       struct err *e)
{
	autofree char *text = NULL;
	struct strbuf rows = { 0 };
	int r = run_ps(argc, argv, &text, e);

	if (r == 0)
		r = pick_rows(text, pids, &rows, e);
	if (r == 0)
		r = output_write(rows.text, rows.len, e);
	strbuf_done(&rows);
	return r;
}

static int ps_run(const struct globals *g, void *opts, int argc, char **argv,
		  struct err *e)
{
	auto(pids) struct pids pids = { 0 };
	const struct ps_opts *o = opts;
	struct container c = CONTAINER_INIT;
	struct store store = STORE_INIT;
	int r;

	r = container_store(g, &store, e);
	if (r == 0)
		r = container_load(&store, argv[0], -1, &c, e);
	if (r == 0)
		r = find_pids(&store, &c, &pids, e);
	if (r == 0 && o->format && str_eq(o->format, "json"))
		r = print_json(&pids, e);
	else if (r == 0)
		r = print_table(&pids, argc - 1, argv + 1, e);
	container_done(&c);
	store_done(&store);
	return r;
}

const struct command cmd_ps = {
	.name = "ps",
	.args = "CONTAINER [PS OPTION...]",
	.help = "show the processes of a container",
	.options = ps_options,
	.run = ps_run,
	.opts_size = sizeof(struct ps_opts),
	.min_args = 1,
	.max_args = -1,
	.options_end_at_id = true,
	.notes = "What follows the id are options of the host's ps, as several "
		 "words or as one (default: -ef).",
};
