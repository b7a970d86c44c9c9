/* test_caller_cgroup.c - which cgroup we are in, out of what /proc says. */
#include "plan/make.h"
#include "test.h"

static struct arena arena;

static const char *own(const char *text)
{
	const char *path = cgroup_own_from_text(text, &arena);

	return path ? path : "(none)";
}

static void finds_the_line_of_version_2(void)
{
	is_str(own("0::/a/b c\n"), "/a/b c", "alone");
	is_str(own("12:cpu,cpuacct:/v1\n1:name=systemd:/x\n0::/a\n"), "/a",
	       "behind those of version 1");
	is_str(own("0::/\n1:cpu:/v1\n"), "/", "before them");
	is_str(own("0::/a"), "/a", "without a newline");
}

static void has_no_name_outside(void)
{
	is_str(own(""), "(none)", "nothing there");
	is_str(own("1:cpu:/v1\n"), "(none)", "version 1 only");
	is_str(own("10::/a\n"), "(none)", "another hierarchy");
	is_str(own("0::/../x\n"), "(none)",
	       "beside the root of the cgroup namespace");
	is_str(own("0::/..\n"), "(none)", "above it");
	is_str(own("0::/..a\n"), "/..a", "a name with dots");
}

static void knows_the_controllers(void)
{
	const unsigned both = 1U << CG_MEMORY | 1U << CG_CPU;

	ok(cgroup_controllers_from_text("") == 0, "none");
	ok(cgroup_controllers_from_text("\n") == 0, "an empty line");
	ok(cgroup_controllers_from_text("cpu memory\n") == both, "two");
	ok(cgroup_controllers_from_text("memory dmem cpu") == both,
	   "others are passed over");
	ok(cgroup_controllers_from_text("cpuset\n") == 1U << CG_CPUSET,
	   "no beginning of a word");
}

static void goes_up(void)
{
	is_str(cgroup_parent_of(&arena, "/a/b"), "/a", "of /a/b");
	is_str(cgroup_parent_of(&arena, "/a"), "/", "of /a");
	is_str(cgroup_parent_of(&arena, "/"), "/", "of the root");
}

int main(void)
{
	finds_the_line_of_version_2();
	has_no_name_outside();
	knows_the_controllers();
	goes_up();
	arena_done(&arena);
	return done();
}
