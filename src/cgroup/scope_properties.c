/* scope_properties.c - limits as properties of a systemd unit.
 *
 * Theory of operation: a setting is what is written into the file, so that is
 * what is taken apart here; what systemd has no word for, or would refuse (it
 * takes no limit of 0), stays with the file alone.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/own.h"
#include "base/str.h"
#include "cgroup/scope.h"

#define INFINITY_WORD "18446744073709551615"
#define CPUS_MAX      8192
/* systemd rounds to whole percents of a CPU, runc and we up. */
#define QUOTA_STEP 10000

void scope_words_add(struct scope_words *w, const char *word)
{
	if (w->n + 1 >= w->room) {
		w->room = w->room ? 2 * w->room : 32;
		w->v = mem_resize(w->v, w->room, sizeof(*w->v));
	}
	w->v[w->n++] = word;
	w->v[w->n] = NULL;
}

void scope_words_done(struct scope_words *w)
{
	if (!w)
		return;
	free(w->v);
	arena_done(&w->arena);
	*w = (struct scope_words){ 0 };
}

static void add_uint64(struct scope_words *w, const char *name,
		       const char *number)
{
	scope_words_add(w, name);
	scope_words_add(w, "t");
	scope_words_add(w, number);
}

/* "max" or a number; what it may be is the kernel's to say. */
static const char *number_word(const char *value, uint64_t min)
{
	uint64_t number;

	if (str_eq(value, "max"))
		return INFINITY_WORD;
	return str_uint64(value, &number) == 0 && number >= min ? value : NULL;
}

static void add_limit(struct scope_words *w, const char *name,
		      const char *value)
{
	const char *number = number_word(value, 1);

	if (number)
		add_uint64(w, name, number);
}

static void add_protection(struct scope_words *w, const char *name,
			   const char *value)
{
	const char *number = number_word(value, 0);

	if (number)
		add_uint64(w, name, number);
}

/* "QUOTA PERIOD" in microseconds; either may be missing. */
static void add_quota(struct scope_words *w, const char *name,
		      const char *value)
{
	uint64_t period = 100000;
	uint64_t quota = 0;
	const char *rest = strchr(value, ' ');
	bool no_limit = str_after(value, "max") != NULL;
	autofree char *first = str_dup(value);

	first[strcspn(first, " ")] = '\0';
	if (rest && str_uint64(rest + 1, &period) < 0)
		return;
	if (!no_limit && (str_uint64(first, &quota) < 0 || quota == 0 ||
			  period == 0 || quota > UINT64_MAX / 1000000))
		return;
	quota = quota * 1000000 / (period ? period : 1);
	quota = (quota + QUOTA_STEP - 1) / QUOTA_STEP * QUOTA_STEP;
	add_uint64(w, name,
		   no_limit ? INFINITY_WORD
			    : arena_format(&w->arena, "%llu",
					   (unsigned long long)quota));
	if (rest && period > 0)
		add_uint64(w, "CPUQuotaPeriodUSec",
			   arena_format(&w->arena, "%llu",
					(unsigned long long)period));
}

/* systemd calls the idle class a weight of 0. */
static void add_idle(struct scope_words *w, const char *name, const char *value)
{
	if (str_eq(value, "1"))
		add_uint64(w, name, "0");
}

/* "0-3,7" into bits; false: it is no such list, or too long. */
static bool read_list(const char *s, unsigned char *bits, size_t *ret_bytes)
{
	*ret_bytes = 0;
	while (*s) {
		char *end;
		unsigned long first = strtoul(s, &end, 10);
		unsigned long last = first;

		if (end == s)
			return false;
		if (*end == '-') {
			s = end + 1;
			last = strtoul(s, &end, 10);
		}
		if (end == s || last < first || last >= CPUS_MAX ||
		    (*end != ',' && *end != '\0'))
			return false;
		for (unsigned long i = first; i <= last; i++)
			bits[i / 8] |= (unsigned char)(1U << (i % 8));
		if (last / 8 + 1 > *ret_bytes)
			*ret_bytes = last / 8 + 1;
		s = end + (*end == ',');
	}
	return true;
}

static void add_set(struct scope_words *w, const char *name, const char *value)
{
	unsigned char bits[CPUS_MAX / 8] = { 0 };
	size_t bytes;

	if (!read_list(value, bits, &bytes))
		return;
	scope_words_add(w, name);
	scope_words_add(w, "ay");
	scope_words_add(w, arena_format(&w->arena, "%zu", bytes));
	for (size_t i = 0; i < bytes; i++)
		scope_words_add(w, arena_format(&w->arena, "%u", bits[i]));
}

static bool is_device(const char *s)
{
	size_t major = strspn(s, "0123456789");
	size_t minor;

	if (major == 0 || s[major] != ':')
		return false;
	minor = strspn(s + major + 1, "0123456789");
	return minor > 0 && s[major + 1 + minor] == '\0';
}

static void add_device(struct scope_words *w, const char *name,
		       const char *device, const char *number)
{
	scope_words_add(w, name);
	scope_words_add(w, "a(st)");
	scope_words_add(w, "1");
	scope_words_add(w, arena_format(&w->arena, "/dev/block/%s", device));
	scope_words_add(w, number);
}

/* "100", "default 100" or "8:0 100". */
static void add_weight(struct scope_words *w, const char *name,
		       const char *value)
{
	char *text = arena_str(&w->arena, value);
	char *blank = strchr(text, ' ');
	const char *number = number_word(blank ? blank + 1 : text, 1);

	if (blank)
		*blank = '\0';
	if (!number)
		return;
	if (!blank || str_eq(text, "default"))
		add_uint64(w, name, number);
	else if (is_device(text))
		add_device(w, "IODeviceWeight", text, number);
}

/* "8:0 rbps=1048576 wiops=max" */
static void add_throttles(struct scope_words *w, const char *name,
			  const char *value)
{
	static const struct {
		const char *key, *name;
	} keys[] = {
		{ "rbps=", "IOReadBandwidthMax" },
		{ "wbps=", "IOWriteBandwidthMax" },
		{ "riops=", "IOReadIOPSMax" },
		{ "wiops=", "IOWriteIOPSMax" },
	};
	char *rest = arena_str(&w->arena, value);
	const char *device = strsep(&rest, " ");
	const char *word;

	(void)name;
	while (is_device(device) && (word = strsep(&rest, " "))) {
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
			const char *limit = str_after(word, keys[i].key);
			const char *number = limit ? number_word(limit, 1)
						   : NULL;

			if (number)
				add_device(w, keys[i].name, device, number);
		}
	}
}

static const struct {
	const char *file, *name;
	void (*add)(struct scope_words *w, const char *name, const char *value);
} properties[] = {
	{ "cpu.idle", "CPUWeight", add_idle },
	{ "cpu.max", "CPUQuotaPerSecUSec", add_quota },
	{ "cpu.weight", "CPUWeight", add_limit },
	{ "cpuset.cpus", "AllowedCPUs", add_set },
	{ "cpuset.mems", "AllowedMemoryNodes", add_set },
	{ "io.max", NULL, add_throttles },
	{ "io.weight", "IOWeight", add_weight },
	{ "memory.high", "MemoryHigh", add_limit },
	{ "memory.low", "MemoryLow", add_protection },
	{ "memory.max", "MemoryMax", add_limit },
	{ "memory.min", "MemoryMin", add_protection },
	{ "memory.swap.max", "MemorySwapMax", add_protection },
	{ "pids.max", "TasksMax", add_limit },
};

static void add_file(struct scope_words *w, const char *file, const char *value)
{
	for (size_t i = 0; i < sizeof(properties) / sizeof(properties[0]); i++)
		if (str_eq(file, properties[i].file))
			properties[i].add(w, properties[i].name, value);
}

/* Of a weight for BFQ systemd has only the other form, and writes both. */
void scope_add_settings(struct scope_words *w,
			const struct plan_cgroup_setting *settings, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		add_file(w, settings[i].file, settings[i].value);
		if (settings[i].else_file)
			add_file(w, settings[i].else_file,
				 settings[i].else_value);
	}
}
