/* duration.c - lengths of time, as Go's programs take them: "1m30s". */
#include "cli/duration.h"

#include <errno.h>
#include <stddef.h>

#include "base/str.h"

/* Longer names before those that they begin with. */
static const struct unit {
	const char *name;
	uint64_t ns;
} units[] = {
	{ "ns", 1 },
	{ "us", 1000 },
	{ "\xc2\xb5s", 1000 }, /* both signs that look like a mu */
	{ "\xce\xbcs", 1000 },
	{ "ms", 1000000 },
	{ "s", 1000000000 },
	{ "m", UINT64_C(60) * 1000000000 },
	{ "h", UINT64_C(3600) * 1000000000 },
};

static int read_unit(const char **at, uint64_t *ret)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		const char *rest = str_after(*at, units[i].name);

		if (!rest)
			continue;
		*at = rest;
		*ret = units[i].ns;
		return 0;
	}
	return -EINVAL;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "1.5h", and moves on behind it. */
static int read_part(const char **at, uint64_t *ret)
{
	const char *s = *at;
	uint64_t whole = 0, unit;
	double fraction = 0, rank = 1;
	bool has_digits = false;

	for (; is_digit(*s); s++, has_digits = true)
		if (__builtin_mul_overflow(whole, 10U, &whole) ||
		    __builtin_add_overflow(whole, (unsigned)(*s - '0'), &whole))
			return -ERANGE;
	if (*s == '.')
		for (s++; is_digit(*s); s++, has_digits = true) {
			rank /= 10;
			fraction += rank * (*s - '0');
		}
	if (!has_digits || read_unit(&s, &unit) < 0)
		return -EINVAL;
	if (__builtin_mul_overflow(whole, unit, ret) ||
	    __builtin_add_overflow(
		    *ret, (uint64_t)(fraction * (double)unit + 0.5), ret))
		return -ERANGE;
	*at = s;
	return 0;
}

int duration_parse(const char *text, uint64_t *ret_ns)
{
	uint64_t sum = 0;

	if (str_eq(text, "0")) {
		*ret_ns = 0;
		return 0;
	}
	if (*text == '\0')
		return -EINVAL;
	while (*text) {
		uint64_t part;
		int r = read_part(&text, &part);

		if (r < 0)
			return r;
		if (__builtin_add_overflow(sum, part, &sum) || sum > INT64_MAX)
			return -ERANGE;
	}
	*ret_ns = sum;
	return 0;
}
