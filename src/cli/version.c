/* version.c - what --version prints; engines parse its first lines. */
#include "base/err.h"
#include "base/own.h"
#include "base/str.h"
#include "cli/container.h"
#include "cli/help.h"
#include "commit.h"
#include "config.h"
#include "proc/seccomp.h"

int version_print(struct err *e)
{
	autofree char *text = str_format("rootlet version " PACKAGE_VERSION "\n"
					 "commit: " ROOTLET_COMMIT "\n"
					 "spec: 1.3.0\n"
					 "libseccomp: %s\n"
					 "libcap: " CAP_VERSION "\n"
					 "libyajl: " YAJL_VERSION "\n",
					 seccomp_library_version());

	return output_write(text, strlen(text), e);
}
