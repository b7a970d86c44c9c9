/* test_degrade.c - the table of what can't be had, and notes from inside. */
#include "plan/degrade.h"
#include "test.h"

#include "base/err.h"

static struct plan_options options = { .id = "c" };
static struct plan_mount mounts[] = { { .dest = "/a" }, { .dest = "/b" } };
static struct plan_device devices[] = {
	{ .path = "/dev/x", .type = 'c', .major = 1, .minor = 250 },
	{ .path = "/dev/x2", .type = 'b', .major = 7, .minor = 1 },
};

static struct plan new_plan(void)
{
	return (struct plan){ .options = &options,
			      .mounts = mounts,
			      .n_mounts = 2,
			      .devices = devices,
			      .n_devices = 2 };
}

/* Engines take these for a fault of the container's program. */
static bool says_reserved(const char *text)
{
	static const char *const phrases[] = {
		"no such file or directory", "permission denied",
		"operation not permitted",   "executable file not found",
		"container does not exist",  "container not running",
	};

	for (size_t i = 0; text && i < sizeof(phrases) / sizeof(*phrases); i++)
		if (strcasestr(text, phrases[i]))
			return true;
	return false;
}

static void table(void)
{
	int whole = 0, clean = 0;

	for (int i = 0; i < DEGRADE_ROWS; i++) {
		const struct degradation *d = degrade_row((enum degrade_row)i);

		whole += d->item && d->wanted && d->got && d->why &&
			 degrade_row_name((enum degrade_row)i);
		clean += !says_reserved(d->why) && !says_reserved(d->fix) &&
			 !says_reserved(d->got);
	}
	is_int(whole, DEGRADE_ROWS,
	       "every row says its name, what, instead of what, why");
	is_int(clean, DEGRADE_ROWS, "no row uses a reserved phrase");
}

static void adding(void)
{
	struct plan plan = new_plan();
	struct err e;
	int bad = 0;

	for (int i = 0; i < 100; i++)
		bad += degrade_add(&plan, DEGRADE_RLIMIT, "RLIMIT_CPU", "5",
				   NULL, &e) < 0;
	is_int(bad, 0, "rows can be added");
	is_int(plan.n_degraded, 100, "a hundred of them");
	is_str(plan.degraded[63].item, "process.rlimits.RLIMIT_CPU",
	       "the object is in the name");
	is_str(plan.degraded[99].wanted, "5", "wanted is ours");
	is_str(plan.degraded[0].got, "the caller's hard limit",
	       "got is the row's");
	plan_done(&plan);
}

static void strict(void)
{
	struct plan plan = new_plan();
	struct degrade_notes notes = { 0 };
	int refused = 0;
	struct err e;

	options.strict = true;
	ok(degrade_add_why(&plan, DEGRADE_SINGLE_ID, NULL, "because", "do it",
			   &e) < 0 &&
		   plan.n_degraded == 0,
	   "--strict makes it an error");
	ok(strstr(e.text, "because") && strcmp(e.hint, "do it") == 0,
	   "with the reason and the remedy");
	ok(degrade_note(&plan, &notes, DEGRADE_SYSFS_BIND, 1, &e) < 0 &&
		   strstr(e.text, "mounts[/b]") && notes.n == 0,
	   "inside too");
	for (int i = 0; i < DEGRADE_ROWS; i++) {
		enum degrade_row row = (enum degrade_row)i;

		refused += degrade_add(&plan, row, "x", NULL, NULL, &e) < 0;
		refused += degrade_note(&plan, &notes, row, 0, &e) < 0;
	}
	is_int(refused, 2 * DEGRADE_ROWS, "every row, on both sides");
	options.strict = false;
	plan_done(&plan);
}

static void taking(void)
{
	struct plan plan = new_plan();
	struct degrade_notes notes = { 0 };
	struct err e;

	ok(degrade_note(&plan, &notes, DEGRADE_SYSFS_BIND, 1, &e) == 0 &&
		   degrade_note(&plan, &notes, DEGRADE_SYSFS_BIND, 1, &e) ==
			   0 &&
		   degrade_note(&plan, &notes, DEGRADE_DEVICE_MISSING, 0, &e) ==
			   0 &&
		   degrade_note(&plan, &notes, DEGRADE_KEYRING, 0, &e) == 0,
	   "notes are taken");
	notes.v[notes.n].row = DEGRADE_ROWS;
	notes.n++;
	notes.v[notes.n].row = DEGRADE_SYSFS_BIND;
	notes.v[notes.n].index = 2;
	notes.n++;
	degrade_take_notes(&plan, &notes);
	is_int(plan.n_degraded, 3, "once each, and nonsense is skipped");
	is_str(plan.degraded[0].item, "mounts[/b]", "a mount by its index");
	is_str(plan.degraded[1].item, "linux.devices[/dev/x]", "a device");
	notes.n = 100000;
	degrade_take_notes(&plan, &notes);
	ok(plan.n_degraded <= DEGRADE_NOTES_MAX, "a wild count is cut");
	plan_done(&plan);
}

/* What the plan said of a device that was to be bound, and then is missing. */
static void missing(void)
{
	struct plan plan = new_plan();
	struct degrade_notes notes = { 0 };
	struct err e;
	int bad = 0;

	for (size_t i = 0; i < plan.n_devices; i++) {
		bad += degrade_add(&plan, DEGRADE_DEVICE_BIND, devices[i].path,
				   NULL, NULL, &e) < 0;
		bad += degrade_add(&plan, DEGRADE_DEVICE_OWNER, devices[i].path,
				   NULL, NULL, &e) < 0;
	}
	bad += degrade_add(&plan, DEGRADE_KEYRING, NULL, NULL, NULL, &e) < 0;
	bad += degrade_note(&plan, &notes, DEGRADE_DEVICE_MISSING, 0, &e) < 0;
	is_int(bad, 0, "rows and a note");
	degrade_take_notes(&plan, &notes);
	is_int(plan.n_degraded, 4, "what was said of it is gone");
	is_str(plan.degraded[0].item, "linux.devices[/dev/x2]",
	       "another device stays");
	is_str(plan.degraded[3].item, "linux.devices[/dev/x]", "it is listed");
	is_str(plan.degraded[3].got, "nothing", "as missing");
	ok(strstr(plan.degraded[3].why, " c 1:250 ") &&
		   strstr(plan.degraded[3].why, "at /dev/x "),
	   "by number and path");
	for (int i = 0; i < 5; i++)
		bad += degrade_add(&plan, DEGRADE_RLIMIT, "RLIMIT_CPU", NULL,
				   NULL, &e) < 0;
	ok(bad == 0 && plan.n_degraded == 9, "others can be added");

	options.strict = true;
	ok(degrade_note(&plan, &notes, DEGRADE_DEVICE_MISSING, 1, &e) < 0 &&
		   strstr(e.text, "linux.devices[/dev/x2]") &&
		   strstr(e.text, " b 7:1 "),
	   "strict says it, too");
	options.strict = false;
	plan_done(&plan);
}

/* mknod is tried by those alone who may. */
static void refused_mknod(void)
{
	struct plan plan = new_plan();
	struct degrade_notes notes = { 0 };
	struct err e;

	ok(degrade_note(&plan, &notes, DEGRADE_DEVICE_BIND, 0, &e) == 0,
	   "a note");
	degrade_take_notes(&plan, &notes);
	ok(plan.n_degraded == 1 &&
		   !strstr(plan.degraded[0].why, "user namespace"),
	   "root without a user namespace is not told of one");
	plan_done(&plan);
}

int main(void)
{
	table();
	adding();
	strict();
	taking();
	missing();
	refused_mknod();
	return done();
}
