/* test_str.c - unit tests of base/str.c. */
#include "test.h"

#include <errno.h>

#include "base/str.h"

static void numbers(void)
{
	uint64_t u = 7;
	uint32_t w = 7;
	int64_t i = 7;

	is_int(str_uint64("18446744073709551615", &u), 0, "the largest");
	ok(u == UINT64_MAX, "is exact");
	is_int(str_uint64("18446744073709551616", &u), -ERANGE, "one more");
	is_int(str_uint64("99999999999999999999999", &u), -ERANGE, "far more");
	ok(u == UINT64_MAX, "a failure leaves the result");
	is_int(str_uint64("", &u), -EINVAL, "no digits");
	is_int(str_uint64("-1", &u), -EINVAL, "a sign");
	is_int(str_uint64("+1", &u), -EINVAL, "a plus");
	is_int(str_uint64(" 1", &u), -EINVAL, "a blank");
	is_int(str_uint64("1x", &u), -EINVAL, "a letter behind");
	is_int(str_uint64("0x10", &u), -EINVAL, "hexadecimal");
	is_int(str_uint32("4294967295", &w), 0, "the largest of 32 bits");
	ok(w == UINT32_MAX, "is exact");
	is_int(str_uint32("4294967296", &w), -ERANGE, "one more of 32 bits");
	is_int(str_int64("-9223372036854775808", &i), 0, "the smallest");
	ok(i == INT64_MIN, "is exact");
	is_int(str_int64("-9223372036854775809", &i), -ERANGE, "one less");
	is_int(str_int64("9223372036854775807", &i), 0, "the largest signed");
	ok(i == INT64_MAX, "is exact");
	is_int(str_int64("9223372036854775808", &i), -ERANGE, "one more");
	is_int(str_int64("-", &i), -EINVAL, "a sign alone");
	is_int(str_int64("--1", &i), -EINVAL, "two signs");
}

static void comparing(void)
{
	is_str(str_after("RLIMIT_CPU", "RLIMIT_"), "CPU", "after a prefix");
	is_str(str_after("RLIM", "RLIMIT_"), NULL, "shorter than the prefix");
	is_str(str_after("a", "a"), "", "the prefix is all");
	ok(str_ends("a.json", ".json"), "ends with");
	ok(!str_ends("json", ".json"), "shorter than the suffix");
	ok(str_empty(NULL) && str_empty("") && !str_empty("a"), "empty");
	ok(str_dup(NULL) == NULL, "a copy of NULL is NULL");
}

static void buffers(void)
{
	struct strbuf b = { 0 };
	char *text = str_format("%d-%s", 12, "x");

	is_str(text, "12-x", "str_format");
	free(text);
	strbuf_add(&b, "", 0);
	is_str(b.text, "", "nothing added is still a string");
	for (int i = 0; i < 1000; i++)
		strbuf_printf(&b, "%04d", i);
	is_int(b.len, 4000, "grows");
	is_int(strlen(b.text), 4000, "stays terminated");
	ok(memcmp(b.text + 3996, "0999", 4) == 0, "keeps what was added");
	strbuf_putc(&b, '!');
	strbuf_puts(&b, "?");
	is_str(b.text + 4000, "!?", "characters and strings");
	strbuf_done(&b);
	ok(!b.text && b.len == 0, "done is empty again");
	strbuf_done(&b);
}

int main(void)
{
	numbers();
	comparing();
	buffers();
	return done();
}
