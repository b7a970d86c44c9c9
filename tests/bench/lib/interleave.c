/* interleave.c - times the commands of several contestants in turns.
 *
 *	interleave [-n SAMPLES] [-w WARM-UPS] [-j JOBS] < CONTESTANTS
 *
 * A line of CONTESTANTS is a name and the steps of one sample, words parted by
 * spaces, steps by " ; ".  A step begins with any of these words:
 *
 *	-	outside of the clock
 *	=N	must exit with N (0 when not given)
 *	@reap F	no command: wait for the orphan whose pid is in file F
 *
 * and "%n" in a word is a number that no other sample has.  The samples are
 * taken A B C A B C …, so that a noisy machine is equally noisy for all.  Of
 * each contestant one line is printed: name, median, lower and upper quartile
 * in microseconds, and the largest resident set of any process of it in kB.
 *
 * With -j a sample is SAMPLES runs of the steps by JOBS processes at once, in
 * five turns; printed are name and the median of runs per second.
 *
 * We are the sub-reaper, so what `create` leaves behind is our child and its
 * end can be waited for, as an engine's monitor does.  posix_spawn (a vfork)
 * keeps our own part of each sample at about 0.1 ms.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_CONTESTANTS 8
#define MAX_STEPS	8
#define MAX_WORDS	32
#define TURNS		5

struct step {
	bool untimed;
	int status; /* expected */
	const char *reap; /* file with a pid; NULL: run words */
	char *words[MAX_WORDS + 1]; /* borrowed from the line */
};

struct contestant {
	char *line; /* owned */
	const char *name;
	double *samples; /* owned; microseconds, or runs per second */
	long max_rss;
	unsigned n_samples, n_steps;
	struct step steps[MAX_STEPS];
};

static unsigned long serial; /* of the sample; jobs have ranges of their own */

__attribute__((format(printf, 1, 2), noreturn)) static void die(
	const char *format, ...)
{
	va_list args;

	(void)fputs("interleave: ", stderr);
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fputc('\n', stderr);
	exit(2);
}

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* The word with the sample's number in it; into buf when it has one. */
static char *expand(char *word, char buf[PATH_MAX])
{
	const char *at = strstr(word, "%n");

	if (!at)
		return word;
	if (snprintf(buf, PATH_MAX, "%.*s%lu%s", (int)(at - word), word, serial,
		     at + 2) >= PATH_MAX)
		die("a word is too long: %s", word);
	return buf;
}

static void keep_rss(struct contestant *c, const struct rusage *usage)
{
	if (usage->ru_maxrss > c->max_rss)
		c->max_rss = usage->ru_maxrss;
}

static void check_status(const struct contestant *c, const struct step *s,
			 int status)
{
	int code = WIFEXITED(status) ? WEXITSTATUS(status)
				     : 128 + WTERMSIG(status);

	if (code != s->status)
		die("%s: %s %s ended with %d, expected was %d", c->name,
		    s->words[0], s->words[1] ? s->words[1] : "", code,
		    s->status);
}

static void run_words(struct contestant *c, const struct step *s)
{
	static char bufs[MAX_WORDS][PATH_MAX];
	char *argv[MAX_WORDS + 1];
	struct rusage usage;
	int i, r, status;
	pid_t pid;

	for (i = 0; s->words[i]; i++)
		argv[i] = expand(s->words[i], bufs[i]);
	if (i == 0)
		die("%s: an empty step", c->name);
	argv[i] = NULL;
	r = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);
	if (r != 0)
		die("%s: spawn %s: errno %d", c->name, argv[0], r);
	while (wait4(pid, &status, 0, &usage) < 0)
		if (errno != EINTR)
			die("wait for %s: errno %d", argv[0], errno);
	keep_rss(c, &usage);
	check_status(c, s, status);
}

static void reap_orphan(struct contestant *c, const struct step *s)
{
	char buf[PATH_MAX], word[PATH_MAX], text[32] = "";
	struct rusage usage;
	const char *path;
	ssize_t n;
	pid_t pid;
	int fd;

	(void)snprintf(word, sizeof(word), "%s", s->reap);
	path = expand(word, buf);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die("%s: open %s: errno %d", c->name, path, errno);
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	pid = n > 0 ? (pid_t)strtol(text, NULL, 10) : 0;
	if (pid <= 0)
		die("%s: no pid in %s", c->name, path);
	while (wait4(pid, NULL, 0, &usage) < 0)
		if (errno != EINTR)
			die("%s: wait for %d of %s: errno %d", c->name,
			    (int)pid, path, errno);
	keep_rss(c, &usage);
}

/* Other orphans (a runtime's own children), between the samples. */
static void reap_others(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

static double take_sample(struct contestant *c)
{
	double begin, total = 0;
	unsigned i;

	for (i = 0; i < c->n_steps; i++) {
		const struct step *s = &c->steps[i];

		begin = now_us();
		if (s->reap)
			reap_orphan(c, s);
		else
			run_words(c, s);
		if (!s->untimed)
			total += now_us() - begin;
	}
	reap_others();
	serial++;
	return total;
}

/* One job: its share of the runs, then out. */
static void run_job(struct contestant *c, unsigned runs)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	while (runs-- > 0)
		(void)take_sample(c);
	_exit(0);
}

static double take_jobs(struct contestant *c, unsigned runs, unsigned jobs)
{
	double begin = now_us();
	unsigned i, each = (runs + jobs - 1) / jobs;
	int status;

	for (i = 0; i < jobs; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork: errno %d", errno);
		if (pid == 0)
			run_job(c, each);
		serial += each;
	}
	for (i = 0; i < jobs; i++)
		if (wait(&status) < 0 || status != 0)
			die("%s: a job failed", c->name);
	return each * jobs / ((now_us() - begin) / 1e6);
}

static void parse_step(struct contestant *c, char ***words, unsigned *left)
{
	struct step *s = &c->steps[c->n_steps];
	unsigned n = 0;

	if (c->n_steps++ >= MAX_STEPS)
		die("%s: too many steps", c->name);
	for (; *left > 0 && strcmp(**words, ";") != 0; (*words)++, (*left)--) {
		char *w = **words;

		if (n == 0 && strcmp(w, "-") == 0)
			s->untimed = true;
		else if (n == 0 && w[0] == '=')
			s->status = (int)strtol(w + 1, NULL, 10);
		else if (n == 0 && strcmp(w, "@reap") == 0 && *left > 1)
			s->reap = *++(*words), (*left)--;
		else if (n < MAX_WORDS)
			s->words[n++] = w;
		else
			die("%s: too many words", c->name);
	}
	if (*left > 0) /* the ";" */
		(*words)++, (*left)--;
}

static void parse_line(struct contestant *c)
{
	char *all[MAX_STEPS * (MAX_WORDS + 1)], **words = all, *word, *save;
	unsigned n = 0;

	for (word = strtok_r(c->line, " \t\n", &save); word;
	     word = strtok_r(NULL, " \t\n", &save)) {
		if (n >= sizeof(all) / sizeof(*all))
			die("a line has too many words");
		all[n++] = word;
	}
	if (n < 2)
		die("a line needs a name and a command");
	c->name = *words++;
	n--;
	while (n > 0)
		parse_step(c, &words, &n);
}

static unsigned read_contestants(struct contestant *c, unsigned samples)
{
	unsigned n = 0;
	size_t size = 0;

	while (n < MAX_CONTESTANTS && getline(&c[n].line, &size, stdin) > 0) {
		size = 0;
		parse_line(&c[n]);
		c[n].samples = calloc(samples, sizeof(double));
		if (!c[n].samples)
			die("out of memory");
		n++;
	}
	return n;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print_contestant(struct contestant *c, bool jobs, FILE *out)
{
	double *v = c->samples;
	unsigned n = c->n_samples;

	qsort(v, n, sizeof(*v), compare);
	if (jobs)
		(void)fprintf(out, "%s %.1f\n", c->name, v[n / 2]);
	else
		(void)fprintf(out, "%s %.0f %.0f %.0f %ld\n", c->name, v[n / 2],
			      v[n / 4], v[n * 3 / 4], c->max_rss);
	free(v);
	free(c->line);
}

/* stdin and stdout of the commands become /dev/null; ours is returned. */
static FILE *take_stdio(void)
{
	int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	int out_fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	FILE *out = out_fd < 0 ? NULL : fdopen(out_fd, "w");

	if (null_fd < 0 || !out || dup2(null_fd, STDIN_FILENO) < 0 ||
	    dup2(null_fd, STDOUT_FILENO) < 0)
		die("stdio: errno %d", errno);
	close(null_fd);
	return out;
}

static unsigned number(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*end || n > 1000000)
		die("not a number: %s", text);
	return (unsigned)n;
}

int main(int argc, char **argv)
{
	static struct contestant all[MAX_CONTESTANTS];
	unsigned samples = 50, warm = 3, jobs = 0, turns, n, i, k;
	FILE *out;
	int opt;

	while ((opt = getopt(argc, argv, "n:w:j:")) != -1) {
		if (opt == 'n')
			samples = number(optarg);
		else if (opt == 'w')
			warm = number(optarg);
		else if (opt == 'j')
			jobs = number(optarg);
		else
			return 2;
	}
	if (samples == 0)
		die("at least one sample");
	turns = jobs ? TURNS : samples;
	serial = (unsigned long)getpid() * 100000;
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	n = read_contestants(all, turns);
	out = take_stdio();
	for (i = 0; i < warm + turns; i++)
		for (k = 0; k < n; k++) {
			double v = jobs && i >= warm
					   ? take_jobs(&all[k], samples, jobs)
					   : take_sample(&all[k]);

			if (i >= warm)
				all[k].samples[all[k].n_samples++] = v;
		}
	for (k = 0; k < n; k++)
		print_contestant(&all[k], jobs > 0, out);
	return fclose(out) == 0 ? 0 : 2;
}
