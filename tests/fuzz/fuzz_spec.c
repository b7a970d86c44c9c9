/* fuzz_spec.c - libFuzzer target of spec/: any text as config.json.
 *
 * With -DFUZZ_STANDALONE it is a program that reads the files it is given. */
#include <stdlib.h>

#include "base/err.h"
#include "fuzz.h"
#include "spec/spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct spec spec = { 0 };
	struct err e = { 0 };
	int r = spec_parse((const char *)data, size, &spec, &e);

	if (r < 0)
		fuzz_check_error(r, &e);
	else if (!spec.oci_version)
		abort();
	spec_done(&spec);
	return 0;
}
