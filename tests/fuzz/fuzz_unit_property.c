/* fuzz_unit_property.c - libFuzzer target of plan/unit_property.c: the name up
 * to the first newline, then the value of an annotation.
 *
 * With -DFUZZ_STANDALONE it is a program that reads the files it is given. */
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "fuzz.h"
#include "plan/unit_property.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autofree char *text = mem_dup(data, size);
	struct plan_unit_property p = { 0 };
	struct arena arena = { 0 };
	char *value = strchr(text, '\n');
	struct err e = { 0 };
	int r;

	if (!value)
		return 0;
	*value++ = '\0';
	r = unit_property_parse(text, value, &arena, &p, &e);
	if (r < 0 && r != -e.code)
		abort();
	if (r >= 0 && (!p.name || !p.signature || p.values.n == 0 ||
		       p.values.v[p.values.n] != NULL))
		abort();
	arena_done(&arena);
	return 0;
}
