/* json_out.c - JSON, written from one's own calls.
 *
 * Ours and not yajl's, whose writer stops at the first bad byte of a path.
 */
#include "base/json.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/utf8.h"

struct json_out {
	struct strbuf text;
	struct strbuf ends; /* the brackets that close what is open */
	const char *indent; /* NULL: everything on one line */
	bool first; /* in the innermost object or array */
};

struct json_out *json_out_new(bool indented)
{
	struct json_out *o = mem_zero(sizeof(*o));

	o->indent = indented ? "  " : NULL;
	o->first = true;
	return o;
}

void json_out_tabs(struct json_out *o)
{
	o->indent = "\t";
}

void json_out_free(struct json_out *o)
{
	if (!o)
		return;
	strbuf_done(&o->text);
	strbuf_done(&o->ends);
	free(o);
}

static void put_line_break(struct json_out *o)
{
	if (!o->indent)
		return;
	strbuf_putc(&o->text, '\n');
	for (size_t i = 0; i < o->ends.len; i++)
		strbuf_puts(&o->text, o->indent);
}

static void put_escaped(struct strbuf *b, unsigned char c)
{
	static const char plain[] = "\"\\\n\t\r\b\f";
	static const char letters[] = "\"\\ntrbf";
	const char *at = c ? strchr(plain, c) : NULL;

	if (at)
		strbuf_printf(b, "\\%c", letters[at - plain]);
	else
		strbuf_printf(b, "\\u%04x", c);
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void put_quoted(struct strbuf *b, const char *s, size_t len)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t i = 0;

	strbuf_putc(b, '"');
	while (i < len) {
		size_t n = 0;

		while (i + n < len && is_plain(p[i + n]))
			n++;
		if (n > 0) {
			strbuf_add(b, s + i, n);
		} else if (p[i] < 0x80) {
			put_escaped(b, p[i]);
			n = 1;
		} else {
			n = utf8_sequence(p + i, len - i);
			if (n > 0)
				strbuf_add(b, s + i, n);
			else
				strbuf_puts(b, "\xef\xbf\xbd");
			n = n ? n : 1;
		}
		i += n;
	}
	strbuf_putc(b, '"');
}

/* All that stands before a value. */
static void begin_value(struct json_out *o, const char *key)
{
	if (!o->first)
		strbuf_putc(&o->text, ',');
	o->first = false;
	if (o->ends.len > 0)
		put_line_break(o);
	if (!key)
		return;
	put_quoted(&o->text, key, strlen(key));
	strbuf_puts(&o->text, o->indent ? ": " : ":");
}

void json_object(struct json_out *o, const char *key)
{
	begin_value(o, key);
	strbuf_putc(&o->text, '{');
	strbuf_putc(&o->ends, '}');
	o->first = true;
}

void json_array(struct json_out *o, const char *key)
{
	begin_value(o, key);
	strbuf_putc(&o->text, '[');
	strbuf_putc(&o->ends, ']');
	o->first = true;
}

void json_end(struct json_out *o)
{
	if (o->ends.len == 0)
		return;
	o->ends.len--;
	if (!o->first)
		put_line_break(o);
	strbuf_putc(&o->text, o->ends.text[o->ends.len]);
	o->first = false;
}

void json_string(struct json_out *o, const char *key, const char *value)
{
	if (!value) {
		json_null(o, key);
		return;
	}
	begin_value(o, key);
	put_quoted(&o->text, value, strlen(value));
}

void json_bool(struct json_out *o, const char *key, bool value)
{
	begin_value(o, key);
	strbuf_puts(&o->text, value ? "true" : "false");
}

void json_int(struct json_out *o, const char *key, int64_t value)
{
	begin_value(o, key);
	strbuf_printf(&o->text, "%" PRId64, value);
}

void json_uint(struct json_out *o, const char *key, uint64_t value)
{
	begin_value(o, key);
	strbuf_printf(&o->text, "%" PRIu64, value);
}

void json_null(struct json_out *o, const char *key)
{
	begin_value(o, key);
	strbuf_puts(&o->text, "null");
}

void json_tree(struct json_out *o, const char *key, const struct json *tree)
{
	switch (tree->type) {
	case JSON_NULL:
		json_null(o, key);
		return;
	case JSON_BOOL:
		json_bool(o, key, tree->boolean);
		return;
	case JSON_NUMBER:
		begin_value(o, key);
		strbuf_add(&o->text, tree->text, tree->len);
		return;
	case JSON_STRING:
		begin_value(o, key);
		put_quoted(&o->text, tree->text, tree->len);
		return;
	case JSON_ARRAY:
		json_array(o, key);
		break;
	case JSON_OBJECT:
		json_object(o, key);
		break;
	}
	json_for_each(item, tree)
		json_tree(o, item->key, item);
	json_end(o);
}

const char *json_out_text(struct json_out *o, size_t *ret_len)
{
	strbuf_add(&o->text, "", 0);
	if (ret_len)
		*ret_len = o->text.len;
	return o->text.text;
}
