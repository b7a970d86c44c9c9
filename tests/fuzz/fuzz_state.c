/* fuzz_state.c - libFuzzer target of state/: any text as the record of a
 * container; what is taken must be good to show.
 *
 * With -DFUZZ_STANDALONE it is a program that reads the files it is given. */
#include <stdlib.h>

#include "base/err.h"
#include "fuzz.h"
#include "state/internal.h"
#include "state/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct state s = { 0 };
	struct err e = { 0 };
	char *text;
	int r;

	r = state_parse((const char *)data, size, "c1", &s, &e);
	if (r < 0) {
		fuzz_check_error(r, &e);
	} else {
		if (!s.boot_id || !s.created || s.bundle[0] != '/' ||
		    !field_name(status_names, s.status))
			abort();
		text = state_oci_json(&s, (enum status)s.status);
		free(text);
	}
	state_done(&s);
	return 0;
}
