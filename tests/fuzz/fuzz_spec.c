/* fuzz_spec.c - libFuzzer target of spec/: any text as config.json, and what its
 * limits become.
 *
 * With -DFUZZ_STANDALONE it is a program that reads the files it is given. */
#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "fuzz.h"
#include "plan/resources.h"
#include "spec/spec.h"

static void convert_limits(const struct spec *spec)
{
	struct arena arena = { 0 };
	struct cgroup_settings s;
	struct err e = { 0 };
	int r = resources_settings(spec->linux_->resources, &arena, &s, &e);

	if (r < 0)
		fuzz_check_error(r, &e);
	for (size_t i = 0; r == 0 && i < s.n; i++)
		if (!s.v[i].file || !s.v[i].value || !s.v[i].item)
			abort();
	arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct spec spec = { 0 };
	struct err e = { 0 };
	int r = spec_parse((const char *)data, size, &spec, &e);

	if (r < 0)
		fuzz_check_error(r, &e);
	else if (!spec.oci_version)
		abort();
	else if (spec.linux_)
		convert_limits(&spec);
	spec_done(&spec);
	return 0;
}
