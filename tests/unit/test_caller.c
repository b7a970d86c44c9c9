/* test_caller.c - what caller_read() finds out on the machine that it is on. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plan/caller.h"
#include "test.h"

#include "base/err.h"

static const struct plan_options options = { .id = "c", .bundle = "/" };

static int read_config(const char *config, const struct plan_options *o,
		       struct caller *c, struct spec *spec, struct err *e)
{
	int r = spec_parse(config, strlen(config), spec, e);

	if (r == 0)
		r = caller_read(spec, o, c, e);
	return r;
}

#define CONFIG(process, linux_)                                             \
	"{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"proc\"},"           \
	"\"process\":{\"args\":[\"sh\"],\"cwd\":\"/\",\"user\":{\"uid\":0," \
	"\"gid\":0}" process "},\"linux\":{" linux_ "}}"

static void ids(void)
{
	struct caller c = { 0 };
	struct spec spec = { 0 };
	struct rlimit l;
	struct err e;
	bool real_root;
	uint32_t uid;
	int r = read_config(CONFIG(",\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\","
				   "\"soft\":1,\"hard\":1}]",
				   ""),
			    &options, &c, &spec, &e);

	if (!ok(r == 0, "the caller can be read")) {
		printf("# %s\n", e.text);
		return;
	}
	is_int(c.uid, geteuid(), "uid");
	is_int(c.gid, getegid(), "gid");
	is_int(c.n_groups, getgroups(0, NULL), "groups");
	ok(c.n_uid_map > 0 && c.n_gid_map > 0, "the maps");
	ok((c.caps & ~c.caps_known) == 0 && c.caps_known >> CAP_BPF & 1,
	   "capabilities are those of the kernel");
	ok(getrlimit(RLIMIT_NOFILE, &l) == 0 &&
		   c.rlimits[RLIMIT_NOFILE].soft == l.rlim_cur,
	   "limits, when the bundle names some");
	ok(c.exe.known && (c.exe.mode & 0400), "our own executable");
	is_int(c.root_errno, 0, "the root filesystem is there");
	caller_identity(&uid, &real_root);
	ok(uid == c.uid &&
		   real_root == (caller_is_privileged(&c) && c.initial_userns),
	   "the short way says the same");
	caller_done(&c);
	spec_done(&spec);
}

/* What is expensive is read only when it is needed. */
static void thrift(void)
{
	static const struct plan_options single = { .id = "c",
						    .bundle = "/none",
						    .userns = USERNS_SINGLE };
	struct caller c = { 0 };
	struct spec spec = { 0 };
	struct err e;

	ok(read_config(CONFIG("", ""), &single, &c, &spec, &e) == 0 &&
		   !c.grants_read && !c.user_name && !c.newuidmap &&
		   c.rlimits[RLIMIT_NOFILE].hard == 0,
	   "a single id takes no grants, no names, no helpers, no limits");
	is_int(c.root_errno, ENOENT, "a root filesystem that is not there");
	caller_done(&c);
	spec_done(&spec);
}

static void namespaces(void)
{
	struct caller c = { 0 };
	struct spec spec = { 0 };
	struct err e;

	ok(read_config(CONFIG("", "\"namespaces\":[{\"type\":\"network\","
				  "\"path\":\"/proc/self/ns/net\"}]"),
		       &options, &c, &spec, &e) == 0 &&
		   c.ns[NS_NET].is_own && c.ns[NS_NET].inode != 0,
	   "our own namespace by path");
	caller_done(&c);
	spec_done(&spec);
	ok(read_config(CONFIG("", "\"namespaces\":[{\"type\":\"network\","
				  "\"path\":\"/proc/self/ns/uts\"}]"),
		       &options, &c, &spec, &e) < 0,
	   "a namespace of another kind is refused");
	is_str(e.text,
	       "linux.namespaces[0].path: /proc/self/ns/uts is a namespace of "
	       "type \"uts\", not \"network\"",
	       "and both kinds are named");
	spec_done(&spec);
	ok(read_config(CONFIG("", "\"namespaces\":[{\"type\":\"pid\","
				  "\"path\":\"/proc/self/status\"}]"),
		       &options, &c, &spec, &e) < 0 &&
		   strstr(e.text, "is no namespace"),
	   "so is another file");
	spec_done(&spec);
	ok(read_config(CONFIG("", "\"namespaces\":[{\"type\":\"pid\","
				  "\"path\":\"/proc/none\"}]"),
		       &options, &c, &spec, &e) == -ENOENT,
	   "and a missing one");
	spec_done(&spec);
}

/* A caller without privileges: only a child can become that.  What it found comes back in its exit status. */
static int as_unprivileged(int (*look)(void))
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0) {
		if (geteuid() == 0 && setresuid(65533, 65533, 65533) < 0)
			_exit(98);
		_exit(look());
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

enum { LOOK_OTHER, LOOK_NOT_INSTALLED, LOOK_NO_BIT, LOOK_NO_NEW_PRIVS };

static int look_at_helpers(void)
{
	struct caller c = { 0 };
	struct spec spec = { 0 };
	struct err e;
	int found = LOOK_OTHER;

	if (read_config(CONFIG("", ""), &options, &c, &spec, &e) < 0)
		return 99;
	if (!c.newuidmap && c.helpers_why && c.helpers_fix) {
		if (strstr(c.helpers_why, "is not installed"))
			found = LOOK_NOT_INSTALLED;
		else if (strstr(c.helpers_why, "neither the setuid bit"))
			found = LOOK_NO_BIT;
		else if (strstr(c.helpers_why, "no_new_privs"))
			found = LOOK_NO_NEW_PRIVS;
	}
	caller_done(&c);
	spec_done(&spec);
	return found;
}

static int look_without_new_privs(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return 97;
	return look_at_helpers();
}

static void helpers(void)
{
	char dir[] = "/tmp/test_caller.XXXXXX", file[64];
	int fd;

	if (!mkdtemp(dir) || chmod(dir, 0755) < 0) {
		skip("helpers", "no directory below /tmp");
		return;
	}
	(void)setenv("PATH", dir, 1);
	is_int(as_unprivileged(look_at_helpers), LOOK_NOT_INSTALLED,
	       "newuidmap that is not installed");
	(void)snprintf(file, sizeof(file), "%s/newuidmap", dir);
	fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	ok(fd >= 0 && fchmod(fd, 0755) == 0, "a newuidmap of our own");
	(void)close(fd);
	is_int(as_unprivileged(look_at_helpers), LOOK_NO_BIT,
	       "newuidmap without its bit");
	is_int(as_unprivileged(look_without_new_privs), LOOK_NO_NEW_PRIVS,
	       "newuidmap under no_new_privs");
	(void)unlink(file);
	(void)rmdir(dir);
}

static void as_json(void)
{
	static const char good[] =
		"{\"uid\":1000,\"gid\":100,\"user\":\"dev\",\"caps\":[],"
		"\"uidMap\":[\"0 1000 1\"],\"subuid\":[\"100000 65536\"]}";
	static const char bad[] = "{\"uid\":0,\"gid\":0,\"caps\":[\"CAP_X\"]}";
	struct caller c;
	struct err e;

	ok(caller_parse(good, sizeof(good) - 1, &c, &e) == 0 && c.uid == 1000 &&
		   !c.initial_userns && c.uid_grants[0].count == 65536 &&
		   c.unprivileged_rules,
	   "a caller from JSON");
	caller_done(&c);
	ok(caller_parse(bad, sizeof(bad) - 1, &c, &e) < 0,
	   "an unknown capability is refused");
	ok(caller_parse("{}", 2, &c, &e) < 0, "the ids are required");
	ok(caller_parse("[", 1, &c, &e) < 0, "and JSON");
}

int main(void)
{
	ids();
	thrift();
	namespaces();
	helpers();
	as_json();
	return done();
}
