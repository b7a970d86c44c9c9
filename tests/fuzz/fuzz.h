/* fuzz.h - what the fuzz targets share. */
#pragma once

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An error has a code, a sentence, and stands on one line. */
static inline void fuzz_check_error(int r, const struct err *e)
{
	if (r != -e->code || e->code <= 0 || e->text[0] == '\0' ||
	    strchr(e->text, '\n') || strchr(e->hint, '\n'))
		abort();
}

#ifdef FUZZ_STANDALONE
#include <fcntl.h>
#include <stdio.h>

#include "base/file.h"

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		char *text = NULL;
		size_t len = 0;

		if (file_read_at(AT_FDCWD, argv[i], 8U << 20, &text, &len) <
		    0) {
			printf("%s: can't be read\n", argv[i]);
			return 1;
		}
		(void)LLVMFuzzerTestOneInput((const uint8_t *)text, len);
		free(text);
		printf("%s: %zu bytes\n", argv[i], len);
	}
	return 0;
}
#endif
