/* test_mount_options.c - the table of mount options and how they combine. */
#include "plan/mount_options.h"
#include "test.h"

#include "base/err.h"
#include "sys/mountapi.h"

static struct arena arena;
static struct plan_mount m;
static struct mount_words words;
static struct err e;

static int read_options(const char *type, const char *const *options, size_t n)
{
	struct spec_mount from = {
		.type = type,
		.options = { .v = (const char **)options, .n = n },
	};

	m = (struct plan_mount){ 0 };
	return mount_options_read(&from, 3, &arena, &m, &words, &e);
}
#define READ(type, ...)                                     \
	read_options(type, (const char *[]){ __VA_ARGS__ }, \
		     sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *))

/* Every option of config.md 1.3, so that none is taken for one of the
 * filesystem. */
static void table(void)
{
	static const char *const names[] = {
		"async",	"atime",	"bind",
		"defaults",	"dev",		"diratime",
		"dirsync",	"exec",		"iversion",
		"lazytime",	"loud",		"mand",
		"noatime",	"nodev",	"nodiratime",
		"noexec",	"noiversion",	"nolazytime",
		"nomand",	"norelatime",	"nostrictatime",
		"nosuid",	"nosymfollow",	"private",
		"ratime",	"rbind",	"rdev",
		"rdiratime",	"relatime",	"remount",
		"rexec",	"rnoatime",	"rnodiratime",
		"rnoexec",	"rnorelatime",	"rnostrictatime",
		"rnosuid",	"rnosymfollow", "ro",
		"rprivate",	"rrelatime",	"rro",
		"rrw",		"rshared",	"rslave",
		"rstrictatime", "rsuid",	"rsymfollow",
		"runbindable",	"rw",		"shared",
		"silent",	"slave",	"strictatime",
		"suid",		"symfollow",	"sync",
		"tmpcopyup",	"unbindable",	"idmap",
		"ridmap",
	};
	size_t n = sizeof(names) / sizeof(names[0]), found = 0;

	for (size_t i = 0; i < n; i++) {
		if (mount_option_find(names[i]))
			found++;
		else
			printf("# missing: %s\n", names[i]);
	}
	is_int(found, n, "all options of the specification are known");
	ok(!mount_option_find("size=1m") && !mount_option_find(""),
	   "others are not");
}

static void attributes(void)
{
	READ("tmpfs", "ro", "nosuid", "rw", "suid", "ro");
	ok(m.attr_set == MOUNT_ATTR_RDONLY && m.attr_clear == MOUNT_ATTR_NOSUID,
	   "the last of two opposites wins");
	READ("tmpfs", "noatime", "strictatime");
	ok(m.attr_set == MOUNT_ATTR_STRICTATIME &&
		   m.attr_clear == MOUNT_ATTR__ATIME,
	   "one access time mode, never two");
	READ("tmpfs", "noatime", "relatime");
	ok(m.attr_set == 0 && m.attr_clear == MOUNT_ATTR__ATIME,
	   "relatime is no bit of its own");
	READ("tmpfs", "ro", "rnodev", "rrw");
	ok(m.attr_set == MOUNT_ATTR_RDONLY &&
		   m.rec_attr_set == MOUNT_ATTR_NODEV &&
		   m.rec_attr_clear == MOUNT_ATTR_RDONLY,
	   "recursive options are kept apart");
	READ("bind", "ro");
	ok(!m.locked_ok, "what is set must be set");
	READ("bind", "rw");
	ok(m.locked_ok, "what is cleared may be locked");
}

static void binds(void)
{
	READ("none", "ro", "rbind", "bind");
	ok(words.bind && m.recursive, "rbind wins over bind");
	READ("bind", "size=1", "sync", "async", "iversion");
	ok(m.n_params == 0 && words.n_dropped == 3 &&
		   strcmp(words.dropped[1], "sync") == 0,
	   "a bind has no parameters; what can't be had is told");
	READ("tmpfs", "iversion", "sync", "async");
	ok(m.n_params == 2 && words.n_dropped == 1,
	   "flags of the filesystem go to a new one");
}

static void remounts(void)
{
	READ("tmpfs", "remount", "bind", "ro", "size=1");
	ok(words.remount && m.attr_set == MOUNT_ATTR_RDONLY &&
		   m.n_params == 0 && words.n_dropped == 1,
	   "a remount changes attributes; parameters are told");
}

static void parameters(void)
{
	READ("x", "a=b=c", "flag", "", "defaults");
	is_int(m.n_params, 2, "words of ours are no parameters");
	is_str(m.params[0].key, "a", "a key");
	is_str(m.params[0].value, "b=c", "a value with an equals sign");
	is_str(m.params[1].value, NULL, "a flag has no value");
}

static void propagation(void)
{
	is_int(READ("bind", "private", "rprivate"), 0, "the same kind twice");
	ok(m.propagation == MS_PRIVATE && m.propagation_recursive,
	   "is recursive if one is");
	ok(READ("bind", "slave", "shared") < 0, "two kinds are refused");
	is_str(e.text,
	       "mounts[3].options: shared contradicts the propagation before "
	       "it",
	       "by name");
}

static void ids(void)
{
	READ("bind", "ro");
	ok(!words.idmap && !m.copy_up, "neither is asked for");
	READ("bind", "idmap");
	ok(words.idmap && !words.idmap_recursive, "idmap is for one mount");
	READ("bind", "ridmap", "idmap");
	ok(words.idmap && words.idmap_recursive, "ridmap is for the tree");
	READ("tmpfs", "tmpcopyup");
	ok(m.copy_up && m.n_params == 0, "tmpcopyup is no parameter");
}

int main(void)
{
	table();
	attributes();
	binds();
	remounts();
	parameters();
	propagation();
	ids();
	arena_done(&arena);
	return done();
}
