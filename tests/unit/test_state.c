/* test_state.c - the record of a container, and what is true of it. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/own.h"
#include "state/state.h"
#include "state/store.h"
#include "sys/process.h"

static char root[] = "/tmp/test_state.XXXXXX";
static struct store store = STORE_INIT;
static char boot[37];
static struct err e;

/* A process that sleeps until it is killed, and dies with us. */
static pid_t sleeper(void)
{
	pid_t pid;

	(void)fflush(stdout);
	pid = fork();
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			(void)pause();
	}
	return pid;
}

static void end(pid_t pid)
{
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}

static struct state state_of(pid_t pid, enum status status)
{
	struct state s = {
		.id = "c1",
		.bundle = "/bundle",
		.rootfs = "/bundle/rootfs",
		.created = "2026-01-31T12:00:00.123456789Z",
		.boot_id = boot,
		.status = (int)status,
		.pid = (uint32_t)pid,
		.owner = 1000,
		.own_pidns = true,
		.was_paused = true,
	};

	int pidfd;

	if (pid <= 0)
		return s;
	pidfd = sys_pidfd_open(pid);
	is_int(state_set_init(&s, pid, pidfd, &e), 0, "init is known");
	(void)close(pidfd);
	return s;
}

static int claim(void)
{
	int fd = store_claim(&store, "c1", &e);

	ok(fd >= 0, "the id is claimed");
	return fd;
}

static void drop(int fd)
{
	is_int(store_remove(&store, "c1", fd, &e), 0, "removed");
	(void)close(fd);
	store.lock_fd = -1;
}

static enum status status_now(int fd, const struct state *s, bool *ret_alive)
{
	enum status status = STATUS_PAUSED;
	int pidfd = -1;

	is_int(state_status(&store, fd, s, &status, &pidfd, &e), 0,
	       "the status can be told");
	*ret_alive = pidfd >= 0;
	if (pidfd >= 0)
		(void)close(pidfd);
	return status;
}

static void round_trip(void)
{
	struct string_pair pairs[] = { { "a.b", "1" }, { "ü", "\"\n" } };
	auto(state) struct state back = { 0 };
	struct state s = state_of(getpid(), STATUS_CREATED);
	int fd = claim();

	s.annotations.v = pairs;
	s.annotations.n = 2;
	s.cgroup = "/x";
	s.exit_code = (struct opt_uint32){ true, 7 };
	s.exit_signal = "SIGRTMIN+3";
	is_int(state_write(fd, &s, &e), 0, "written");
	is_int(state_read(fd, "c1", &back, &e), 0, "read");
	is_str(back.id, "c1", "id");
	is_str(back.bundle, "/bundle", "bundle");
	is_str(back.rootfs, "/bundle/rootfs", "rootfs");
	is_str(back.created, s.created, "created");
	is_str(back.boot_id, boot, "boot_id");
	is_str(back.cgroup, "/x", "cgroup");
	is_int(back.status, STATUS_CREATED, "status");
	is_int(back.pid, getpid(), "pid");
	is_int(back.start_time, s.start_time, "start_time");
	is_int(back.pidfd_inode, s.pidfd_inode, "pidfd_inode");
	is_int(back.owner, 1000, "owner");
	ok(back.own_pidns && back.was_paused && !back.systemd_cgroup,
	   "booleans");
	ok(back.exit_code.set && back.exit_code.value == 7, "exit code");
	is_str(back.exit_signal, "SIGRTMIN+3", "signal");
	is_int(back.annotations.n, 2, "annotations");
	is_str(back.annotations.v[1].key, "ü", "a key");
	is_str(back.annotations.v[1].value, "\"\n", "a value");
	drop(fd);
}

static void oci_json(void)
{
	struct string_pair pairs[] = { { "a", "b" } };
	struct state s = state_of(0, STATUS_CREATING);
	autofree char *text = NULL;
	autofree char *ended = NULL;

	s.pid = 12;
	text = state_oci_json(&s, STATUS_CREATED);
	is_str(text,
	       "{\"ociVersion\":\"1.3.0\",\"id\":\"c1\",\"status\":\"created\","
	       "\"pid\":12,\"bundle\":\"/bundle\"}",
	       "without annotations");
	s.annotations.v = pairs;
	s.annotations.n = 1;
	ended = state_oci_json(&s, STATUS_STOPPED);
	is_str(ended,
	       "{\"ociVersion\":\"1.3.0\",\"id\":\"c1\",\"status\":\"stopped\","
	       "\"bundle\":\"/bundle\",\"annotations\":{\"a\":\"b\"}}",
	       "a stopped one has no pid");
}

/* What the listener of a seccomp filter is told. */
static void process_json(void)
{
	struct string_pair pairs[] = { { "a", "b" } };
	struct state s = state_of(0, STATUS_RUNNING);
	autofree char *text = NULL;
	autofree char *noted = NULL;

	s.pid = 12;
	text = state_process_json(&s, 12, STATUS_CREATING);
	is_str(text,
	       "{\"ociVersion\":\"1.3.0\",\"fds\":[\"seccompFd\"],"
	       "\"pid\":12,\"state\":{\"ociVersion\":\"1.3.0\","
	       "\"id\":\"c1\",\"status\":\"creating\",\"pid\":12,"
	       "\"bundle\":\"/bundle\"}}",
	       "of the container's own program");
	s.annotations.v = pairs;
	s.annotations.n = 1;
	s.seccomp_metadata = "\"m\"\n";
	noted = state_process_json(&s, 34, STATUS_RUNNING);
	is_str(noted,
	       "{\"ociVersion\":\"1.3.0\",\"fds\":[\"seccompFd\"],"
	       "\"pid\":34,\"metadata\":\"\\\"m\\\"\\n\","
	       "\"state\":{\"ociVersion\":\"1.3.0\",\"id\":\"c1\","
	       "\"status\":\"running\",\"pid\":12,\"bundle\":\"/bundle\","
	       "\"annotations\":{\"a\":\"b\"}}}",
	       "of exec, with metadata");
}

static void refuse(int fd, const char *text, const char *why)
{
	struct state s = { 0 };
	int r;

	(void)file_replace_at(fd, "state.json", text, strlen(text), 0600, &e);
	r = state_read(fd, "c1", &s, &e);
	is_int(r, -EBADMSG, why);
	ok(r < 0 && strstr(e.text, "state.json of container c1: ") &&
		   strstr(e.hint, "delete --force"),
	   e.text);
}

/* What runc or another program keeps under the same name is left alone. */
static void refuse_foreign(int fd)
{
	static const char text[] = "{\"id\":\"c1\",\"init_process_pid\":7}";
	struct state s = { 0 };

	(void)file_replace_at(fd, "state.json", text, strlen(text), 0600, &e);
	is_int(state_read(fd, "c1", &s, &e), -ENOTSUP, "another program's");
	ok(!strstr(e.hint, "delete --force"), "nobody is told to remove it");
}

#define GOOD_BUT(field)                                                    \
	"{\"version\":1,\"id\":\"c1\",\"start_time\":1,\"boot_id\":\"x\"," \
	"\"bundle\":\"/\",\"created\":\"x\",\"owner\":0," field "}"
#define GOOD GOOD_BUT("\"pid\":1,\"status\":\"running\"")

static void bad_records(void)
{
	auto(state) struct state s = { 0 };
	int fd = claim();
	char *text;

	is_int(state_read(fd, "c1", &s, &e), -ENOENT, "none");
	is_str(e.text, "container does not exist: c1", "its error");
	refuse(fd, "", "empty");
	refuse(fd, "[]", "an array");
	refuse(fd, "{\"version\":1", "cut off");
	refuse_foreign(fd);
	refuse(fd, "{\"version\":2}", "of another version");
	refuse(fd, "{\"version\":1}", "nothing else");
	refuse(fd, GOOD_BUT("\"pid\":-1,\"status\":\"running\""), "pid -1");
	refuse(fd, GOOD_BUT("\"pid\":4294967295,\"status\":\"running\""),
	       "a pid that is -1 as int");
	refuse(fd, GOOD_BUT("\"pid\":1,\"status\":\"dead\""), "no status");
	refuse(fd,
	       GOOD_BUT("\"pid\":1,\"status\":\"running\",\"rootfs\":\"x\""),
	       "a relative path");
	refuse(fd,
	       GOOD_BUT("\"pid\":1,\"status\":\"running\",\"annotations\":[]"),
	       "annotations of another type");
	text = mem_zero((4 << 20) + 10);
	memset(text, ' ', (4 << 20) + 9);
	refuse(fd, text, "too long");
	free(text);
	(void)file_replace_at(fd, "state.json", GOOD, strlen(GOOD), 0600, &e);
	is_int(state_read(fd, "c2", &s, &e), -EBADMSG, "of another id");
	is_int(state_read(fd, "c1", &s, &e), 0, "a good one");
	drop(fd);
}

static void ended_or_not(void)
{
	pid_t pid = sleeper();
	struct state s = state_of(pid, STATUS_RUNNING);
	int fd = claim();
	bool alive;

	is_int(status_now(fd, &s, &alive), STATUS_RUNNING, "it runs");
	ok(alive, "with a pidfd");
	if (s.pidfd_inode != 0) {
		s.pidfd_inode++;
		is_int(status_now(fd, &s, &alive), STATUS_STOPPED,
		       "another process has the pid, says the inode");
		ok(!alive, "without a pidfd");
	}
	s.pidfd_inode = 0; /* as with a kernel before 6.9 */
	is_int(status_now(fd, &s, &alive), STATUS_RUNNING, "it runs");
	s.start_time++;
	is_int(status_now(fd, &s, &alive), STATUS_STOPPED,
	       "another process has the pid");
	ok(!alive, "without a pidfd");
	s.start_time--;
	s.boot_id = "00000000-0000-0000-0000-000000000000";
	is_int(status_now(fd, &s, &alive), STATUS_STOPPED, "another boot");
	ok(!alive, "without a pidfd");
	s.boot_id = boot;
	(void)kill(pid, SIGKILL);
	(void)waitid(P_PID, (id_t)pid, &(siginfo_t){ 0 }, WEXITED | WNOWAIT);
	is_int(status_now(fd, &s, &alive), STATUS_STOPPED, "a zombie");
	ok(!alive, "without a pidfd");
	end(pid);
	is_int(status_now(fd, &s, &alive), STATUS_STOPPED, "gone");
	drop(fd);
}

static int listen_at(int dir_fd)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	(void)snprintf(addr.sun_path, sizeof(addr.sun_path),
		       "/proc/self/fd/%d/start.sock", dir_fd);
	(void)unlinkat(dir_fd, "start.sock", 0);
	ok(bind(sock, (struct sockaddr *)&addr, sizeof(addr)) == 0 &&
		   listen(sock, 1) == 0,
	   "init listens");
	return sock;
}

static void created_or_running(void)
{
	pid_t pid = sleeper();
	struct state s = state_of(pid, STATUS_CREATED);
	int fd = claim();
	int sock;
	bool alive;

	is_int(status_now(fd, &s, &alive), STATUS_RUNNING, "no socket");
	sock = listen_at(fd);
	for (int i = 0; i < 5; i++) /* more than its queue holds */
		is_int(status_now(fd, &s, &alive), STATUS_CREATED,
		       "init waits");
	(void)close(sock);
	is_int(status_now(fd, &s, &alive), STATUS_RUNNING,
	       "the socket is closed: the program runs");
	end(pid);
	is_int(status_now(fd, &s, &alive), STATUS_STOPPED, "gone");
	drop(fd);
}

static void creating(void)
{
	pid_t pid = sleeper();
	struct state s = state_of(0, STATUS_CREATING);
	int fd = claim();
	int looker = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int other = openat(looker, "c1", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool alive;

	is_int(status_now(other, &s, &alive), STATUS_CREATING,
	       "locked by its creator");
	is_int(status_now(fd, &s, &alive), STATUS_STOPPED,
	       "the lock is ours: nobody creates it");
	s = state_of(pid, STATUS_CREATING);
	is_int(status_now(other, &s, &alive), STATUS_CREATING, "with a pid");
	store_unlock(&store, fd);
	is_int(status_now(other, &s, &alive), STATUS_STOPPED,
	       "the creator is gone");
	ok(alive, "its init is still to be killed");
	end(pid);
	(void)close(other);
	(void)close(looker);
	is_int(store_lock(&store, "c1", fd, 0, &e), 0, "locked again");
	drop(fd);
}

int main(void)
{
	if (!mkdtemp(root) || sys_boot_id(boot) < 0 ||
	    store_open(root, geteuid(), false, false, &store, &e) < 0)
		return 99;
	round_trip();
	oci_json();
	process_json();
	bad_records();
	ended_or_not();
	created_or_running();
	creating();
	store_done(&store);
	ok(rmdir(root) == 0, "nothing is left");
	return done();
}
