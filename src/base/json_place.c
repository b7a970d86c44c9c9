/* json_place.c - keys and values of a document in a message of one line. */
#include <string.h>

#include "base/json.h"

/* What a message shows at most of one. */
#define SHOWN_MAX 80

void json_put_text(struct strbuf *b, const char *text)
{
	size_t n = strnlen(text, SHOWN_MAX);

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text[i];

		strbuf_putc(b, c < 0x20 || c == 0x7f ? '?' : text[i]);
	}
	if (text[n] != '\0')
		strbuf_puts(b, "...");
}

void json_put_key(struct strbuf *b, const char *key)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ_-";

	if (key[0] && key[strspn(key, plain)] == '\0') {
		if (b->len > 0)
			strbuf_putc(b, '.');
		json_put_text(b, key);
	} else {
		strbuf_puts(b, "[\"");
		json_put_text(b, key);
		strbuf_puts(b, "\"]");
	}
}
