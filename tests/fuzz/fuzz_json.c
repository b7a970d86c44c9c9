/* fuzz_json.c - libFuzzer target of base/json.c: any text; what is taken must
 * come out of the writer as a text that is taken again and says the same.
 *
 * With -DFUZZ_STANDALONE it is a program that reads the files it is given. */
#include <stdlib.h>

#include "base/err.h"
#include "base/json.h"
#include "fuzz.h"

static char *written(const struct json_doc *doc, bool indented)
{
	struct json_out *o = json_out_new(indented);
	char *text;

	json_tree(o, NULL, doc->root);
	text = str_dup(json_out_text(o, NULL));
	json_out_free(o);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_doc first = { 0 };
	struct json_doc second = { 0 };
	struct err e = { 0 };
	char *text;
	char *again;
	int r = json_parse((const char *)data, size, &first, &e);

	if (r < 0) {
		fuzz_check_error(r, &e);
		return 0;
	}
	text = written(&first, true);
	if (json_parse(text, strlen(text), &second, &e) < 0)
		abort();
	again = written(&second, true);
	if (!str_eq(text, again))
		abort();
	free(text);
	free(again);
	json_done(&first);
	json_done(&second);
	return 0;
}
