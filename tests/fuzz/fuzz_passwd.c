/* fuzz_passwd.c - libFuzzer target of proc/user.c: any text as the passwd of a
 * container; the first four bytes are the uid.
 *
 * With -DFUZZ_STANDALONE it is a program that reads the files it is given. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "proc/user.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t uid;
	char *home;

	if (size < sizeof(uid))
		return 0;
	memcpy(&uid, data, sizeof(uid));
	home = user_home_in((const char *)data + sizeof(uid),
			    size - sizeof(uid), uid % 16);
	if (home &&
	    (*home != '/' || strlen(home) >= PATH_MAX || strpbrk(home, ":\n")))
		abort();
	free(home);
	return 0;
}
