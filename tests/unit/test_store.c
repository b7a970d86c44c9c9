/* test_store.c - places, ids, claims and what a dead creator left. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/own.h"
#include "base/str.h"
#include "state/state.h"
#include "state/store.h"
#include "sys/process.h"

static char top[] = "/tmp/test_store.XXXXXX";
static char *root; /* below it */
static struct store store = STORE_INIT;
static char boot[37];
static struct err e;

static void remove_tree(const char *path)
{
	autofree char *command = NULL;
	pid_t pid = fork();

	if (pid == 0) {
		(void)execlp("rm", "rm", "-rf", path, NULL);
		_exit(127);
	}
	(void)waitpid(pid, NULL, 0);
}

static void record(int fd, pid_t pid, enum status status, const char *boot_id)
{
	struct state s = {
		.id = "c1",
		.bundle = "/b",
		.created = "x",
		.boot_id = boot_id,
		.status = (int)status,
		.pid = (uint32_t)pid,
	};

	if (pid > 0)
		(void)sys_start_time(AT_FDCWD, pid, &s.start_time, NULL);
	is_int(state_write(fd, &s, &e), 0, "recorded");
}

static void leave(int fd)
{
	(void)close(fd);
	store.lock_fd = -1;
}

static bool is_there(const char *name)
{
	return faccessat(store.root_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void ids(void)
{
	char name[300];

	is_int(store_check_id("a", &e), 0, "a letter");
	is_int(store_check_id("A_b+c.d-9", &e), 0, "all sorts");
	is_int(store_check_id("-x", &e), 0, "a dash at the front");
	is_int(store_check_id("", &e), -EINVAL, "nothing");
	is_int(store_check_id(".", &e), -EINVAL, ".");
	is_int(store_check_id("..", &e), -EINVAL, "..");
	is_int(store_check_id(".seccomp", &e), -EINVAL, "a dot at the front");
	is_int(store_check_id("a/b", &e), -EINVAL, "a slash");
	is_int(store_check_id("a b", &e), -EINVAL, "a blank");
	is_int(store_check_id("ü", &e), -EINVAL, "no ASCII");
	is_int(store_check_id("a\n", &e), -EINVAL, "a newline");
	memset(name, 'a', sizeof(name));
	name[255] = '\0';
	is_int(store_check_id(name, &e), 0, "as long as a file name");
	name[255] = 'a';
	name[256] = '\0';
	is_int(store_check_id(name, &e), -ENAMETOOLONG, "longer");
}

static void roots(void)
{
	autofree char *deep = str_format("%s/deep/er", top);
	struct store s = STORE_INIT;

	is_int(store_open(deep, geteuid(), true, false, &s, &e), -ENOENT,
	       "a --root that is missing");
	is_int(store_open(deep, geteuid(), true, true, &s, &e), 0,
	       "is made for create, with its parents");
	is_str(s.root, deep, "its path");
	store_done(&s);
	is_int(store_open("", geteuid(), true, true, &s, &e), -EINVAL,
	       "an empty --root");
	ok(chdir(top) == 0, "elsewhere");
	is_int(store_open("deep", geteuid(), true, false, &s, &e), 0,
	       "a relative --root");
	ok(s.root[0] == '/' && str_ends(s.root, "/deep"), "gets absolute");
	store_done(&s);
}

/* With XDG_RUNTIME_DIR, as the user we are. */
static void ladder(void)
{
	autofree char *xdg = str_format("%s/xdg", top);
	autofree char *place = str_format("%s/rootlet", xdg);
	struct store s = STORE_INIT;

	(void)mkdir(xdg, 0700);
	(void)setenv("XDG_RUNTIME_DIR", xdg, 1);
	is_int(store_open(NULL, geteuid(), false, true, &s, &e), 0,
	       "below XDG_RUNTIME_DIR");
	is_str(s.root, place, "its path");
	store_done(&s);
	is_int(store_open(NULL, geteuid(), false, false, &s, &e), 0,
	       "who looks finds it");
	is_str(s.root, place, "its path");
	store_done(&s);

	(void)chmod(xdg, 0770);
	is_int(store_open(NULL, geteuid(), false, false, &s, &e), 0,
	       "one in a directory that others can write");
	ok(!str_eq(s.root, place) || s.root_fd < 0,
	   "is not taken by who looks either");
	store_done(&s);
	(void)chmod(xdg, 0700);

	(void)chmod(place, 0777);
	is_int(store_open(NULL, geteuid(), false, false, &s, &e), 0,
	       "one that others can write");
	ok(!str_eq(s.root, place) || s.root_fd < 0, "is not taken");
	store_done(&s);
	(void)rmdir(place);
	ok(symlink(top, place) == 0, "a symlink");
	is_int(store_open(NULL, geteuid(), false, false, &s, &e), 0,
	       "a symlink there");
	ok(s.root_fd < 0 || !str_eq(s.root, place), "is not taken");
	store_done(&s);
	(void)unlink(place);

	/* A uid that nobody has: /run/user and /tmp have nothing of it. */
	(void)setenv("XDG_RUNTIME_DIR", "relative", 1);
	is_int(store_open(NULL, 3999999999U, false, false, &s, &e), 0,
	       "a missing default root");
	is_int(s.root_fd, -1, "is an empty one");
	is_int(store_open_container(&s, "c1", -1, &e), -ENOENT,
	       "without containers");
	store_done(&s);
}

static void claims(void)
{
	int fd;

	is_int(store_open_container(&store, "c1", -1, &e), -ENOENT,
	       "no container");
	is_str(e.text, "container does not exist: c1", "its error");
	fd = store_claim(&store, "c1", &e);
	ok(fd >= 0, "claimed");
	record(fd, getpid(), STATUS_RUNNING, boot);
	leave(fd);
	is_int(store_claim(&store, "c1", &e), -EEXIST, "it is there");
	ok(str_after(e.text, "container with given ID already exists: c1"),
	   e.text);
	is_int(store_claim(&store, "a/b", &e), -EINVAL, "a bad id");

	fd = store_open_container(&store, "c1", 0, &e);
	ok(fd >= 0, "opened with its lock");
	is_int(store_open_container(&store, "c1", 20, &e), -ETIMEDOUT,
	       "which others wait for in vain");
	record(fd, 0x3fffffff, STATUS_RUNNING, boot);
	leave(fd);
	is_int(store_claim(&store, "c1", &e), -EEXIST, "a stopped one stays");
	ok(strstr(e.hint, "\"rootlet delete c1\""), e.hint);
	fd = store_open_container(&store, "c1", 0, &e);
	record(fd, 0x3fffffff, STATUS_RUNNING, "another boot");
	leave(fd);
	fd = store_claim(&store, "c1", &e);
	ok(fd >= 0, "one of another boot is replaced");
	ok(faccessat(fd, "state.json", F_OK, 0) < 0, "and its record gone");
	is_int(store_remove(&store, "c1", fd, &e), 0, "removed");
	is_int(store_remove(&store, "c1", fd, &e), 0, "twice");
	leave(fd);
	ok(!is_there("c1"), "gone");
}

static void half_made(void)
{
	pid_t pid = fork(); /* first: a child must not hold the lock */
	int fd;

	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			(void)pause();
	}
	fd = store_claim(&store, "c1", &e);
	leave(fd);
	fd = store_claim(&store, "c1", &e);
	ok(fd >= 0, "an empty directory is taken");
	(void)file_replace_at(fd, "config.json", "{}", 2, 0600, &e);
	(void)file_replace_at(fd, ".state.json.123", "{", 1, 0600, &e);
	leave(fd);
	fd = store_claim(&store, "c1", &e);
	ok(fd >= 0, "one without a record, too");
	record(fd, pid, STATUS_CREATING, boot);
	leave(fd);
	fd = store_claim(&store, "c1", &e);
	ok(fd >= 0, "one whose creator is dead");
	ok(waitpid(pid, NULL, WNOHANG) == pid, "and its init was killed");
	is_int(store_remove(&store, "c1", fd, &e), 0, "removed");
	leave(fd);
}

static void foreign(void)
{
	char **list = NULL;
	int fd;

	(void)mkdirat(store.root_fd, "theirs", 0755);
	fd = openat(store.root_fd, "theirs", O_RDONLY | O_DIRECTORY);
	(void)file_replace_at(fd, "precious", "x", 1, 0600, &e);
	is_int(store_claim(&store, "theirs", &e), -EEXIST,
	       "a directory of others");
	ok(strstr(e.text, "no container of ours") &&
		   !strcasestr(e.text, "already exists"),
	   e.text);
	is_int(store_remove(&store, "theirs", fd, &e), -ENOTEMPTY,
	       "is not removed");
	ok(faccessat(fd, "precious", F_OK, 0) == 0, "nothing of it");
	(void)close(fd);
	(void)file_replace_at(store.root_fd, "file", "x", 1, 0600, &e);
	ok(store_claim(&store, "file", &e) < 0, "a file");
	is_int(store_open_container(&store, "file", -1, &e), -ENOENT,
	       "is no container");
	ok(symlinkat("theirs", store.root_fd, "link") == 0, "a symlink");
	is_int(store_open_container(&store, "link", -1, &e), -ENOENT,
	       "is none either");
	(void)mkdirat(store.root_fd, "b", 0700);
	(void)mkdirat(store.root_fd, ".hidden", 0700);
	is_int(store_list(&store, &list, &e), 0, "listed");
	is_str(list[0], "b", "sorted");
	is_str(list[1], "theirs", "directories only");
	ok(list[2] == NULL, "without hidden ones");
	store_free_ids(list);
}

static void caches(void)
{
	int fd = store_cache_fd(&store, ".seccomp");

	ok(fd >= 0, "made");
	(void)close(fd);
	(void)fchmodat(store.root_fd, ".seccomp", 0750, 0);
	is_int(store_cache_fd(&store, ".seccomp"), -1, "others can read it");
	(void)unlinkat(store.root_fd, ".seccomp", AT_REMOVEDIR);
	(void)symlinkat("theirs", store.root_fd, ".seccomp");
	is_int(store_cache_fd(&store, ".seccomp"), -1, "a symlink");
}

/* Processes that claim, hold and remove one id; no two at the same time. */
static void contend(int turns)
{
	for (int i = 0; i < turns; i++) {
		struct store mine = STORE_INIT;
		int marker;
		int fd;

		if (store_open(root, geteuid(), true, false, &mine, &e) < 0)
			_exit(2);
		fd = store_claim(&mine, "c1", &e);
		if (fd == -EEXIST) {
			store_done(&mine);
			continue;
		}
		if (fd < 0)
			_exit(3);
		marker = openat(mine.root_fd, "../marker",
				O_CREAT | O_EXCL | O_WRONLY, 0600);
		if (marker < 0)
			_exit(4); /* another one has it, too */
		(void)close(marker);
		(void)poll(NULL, 0, i % 3 == 0);
		(void)unlinkat(mine.root_fd, "../marker", 0);
		if (i % 5 != 0 && store_remove(&mine, "c1", fd, &e) < 0)
			_exit(5);
		(void)close(fd);
		store_done(&mine);
	}
	_exit(0);
}

static void races(void)
{
	pid_t pids[4];
	int status;

	(void)fflush(stdout);
	for (int i = 0; i < 4; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			contend(200);
	}
	for (int i = 0; i < 4; i++) {
		(void)waitpid(pids[i], &status, 0);
		is_int(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0,
		       "nobody else had the id");
	}
}

int main(void)
{
	if (!mkdtemp(top) || sys_boot_id(boot) < 0)
		return 99;
	root = str_format("%s/root", top);
	if (store_open(root, geteuid(), false, true, &store, &e) < 0)
		return 99;
	ids();
	roots();
	ladder();
	claims();
	half_made();
	races();
	foreign();
	caches();
	store_done(&store);
	remove_tree(top);
	free(root);
	return done();
}
