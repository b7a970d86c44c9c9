/* test_caps.c - unit tests of proc/caps.c, in a user namespace of its own. */
#include "test.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/own.h"
#include "base/str.h"
#include "proc/caps.h"

#define BIT(cap) (UINT64_C(1) << (cap))

/* A set as /proc/self/status has it. */
static uint64_t set_of(const char *name)
{
	autofree char *text = NULL;
	const char *line;

	if (file_read_at(AT_FDCWD, "/proc/self/status", 65536, &text, NULL) < 0)
		return UINT64_MAX;
	line = strstr(text, name);
	return line ? strtoull(line + strlen(name), NULL, 16) : UINT64_MAX;
}

static bool are(const struct plan_caps *want)
{
	return set_of("CapInh:\t") == want->inheritable &&
	       set_of("CapPrm:\t") == want->permitted &&
	       set_of("CapEff:\t") == want->effective &&
	       set_of("CapBnd:\t") == want->bounding &&
	       set_of("CapAmb:\t") == want->ambient;
}

static int apply(const struct plan_caps *caps, const struct plan_caps *want)
{
	struct err e = { 0 };

	if (unshare(CLONE_NEWUSER) < 0)
		return 77;
	if (caps_limit_bounding(caps, &e) < 0)
		return 1;
	if (caps_apply(caps, &e) < 0)
		return e.hint[0] != '\0' ? 2 : 3;
	return are(want) ? 0 : 4;
}

static int in_child(const struct plan_caps *caps, const struct plan_caps *want)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(apply(caps, want));
	(void)waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

/* What is not in the bounding set can't be dropped again, and is fine. */
static int bounding_without_right(void)
{
	const struct plan_caps none = { 0 };
	const struct plan_caps some = { .bounding = BIT(CAP_CHOWN) };
	const struct plan_caps more = { .bounding = BIT(CAP_CHOWN),
					.permitted = 0 };
	struct err e = { 0 };

	if (unshare(CLONE_NEWUSER) < 0)
		return 77;
	if (caps_limit_bounding(&some, &e) < 0 || caps_apply(&none, &e) < 0)
		return 1;
	if (caps_limit_bounding(&more, &e) < 0)
		return 2;
	return caps_limit_bounding(&none, &e) == -EPERM ? 0 : 3;
}

static void without_right(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(bounding_without_right());
	(void)waitpid(pid, &status, 0);
	is_int(WEXITSTATUS(status), 0,
	       "without CAP_SETPCAP: what is gone is fine, what is there is not");
}

int main(void)
{
	const uint64_t few = BIT(CAP_CHOWN) | BIT(CAP_KILL) | BIT(CAP_SETFCAP);
	const struct plan_caps none = { 0 };
	const struct plan_caps same = { few, few, few, few, few };
	struct plan_caps caps = { .bounding = few,
				  .permitted = few,
				  .effective = BIT(CAP_KILL),
				  .inheritable = BIT(CAP_CHOWN),
				  .ambient = few };
	struct plan_caps want = caps;
	int status = in_child(&none, &none);

	if (status == 77) {
		skip("capabilities", "no user namespaces here");
		return done();
	}
	is_int(status, 0, "none at all: all five sets are empty");
	is_int(in_child(&same, &same), 0, "the same in all five");
	want.ambient = BIT(CAP_CHOWN);
	is_int(in_child(&caps, &want), 0,
	       "ambient only where inheritable and permitted");
	caps = (struct plan_caps){ .effective = BIT(CAP_KILL) };
	is_int(in_child(&caps, &none), 2,
	       "effective without permitted is an error with a hint");
	without_right();
	return done();
}
