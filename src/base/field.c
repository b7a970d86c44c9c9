/* field.c - keys of a JSON object as rows of a table.
 *
 * Theory of operation: one function per type of value, chosen by the row.
 * Where we are is a chain of `struct place` on the stack, which is put into
 * words only when there is an error to tell: a good document formats nothing.
 */
#include "base/field.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/err.h"
#include "base/own.h"

struct place {
	const struct place *up; /* NULL: the root */
	const char *key; /* NULL: an element of an array */
	size_t index;
};

struct reader {
	struct arena *arena;
	struct err *e;
	const char *path; /* what stands before the keys */
};

static void put_place(struct strbuf *b, const struct place *at)
{
	if (!at)
		return;
	put_place(b, at->up);
	if (at->key)
		json_put_key(b, at->key);
	else
		strbuf_printf(b, "[%zu]", at->index);
}

/* "process.user.uid: " and the sentence, with the line of `value` if any. */
__attribute__((format(printf, 4, 5))) static int fail(const struct reader *r,
						      const struct place *at,
						      const struct json *value,
						      const char *fmt, ...)
{
	auto(strbuf) struct strbuf b = { 0 };
	char sentence[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(sentence, sizeof(sentence), fmt, ap);
	va_end(ap);
	strbuf_puts(&b, r->path);
	put_place(&b, at);
	if (b.len == 0)
		strbuf_puts(&b, "the document");
	err_set(r->e, EINVAL, "%s: %s", b.text, sentence);
	if (value)
		err_set(r->e, EINVAL, "%s: %s (line %u)", b.text, sentence,
			value->line);
	return -EINVAL;
}

static int expect(const struct reader *r, const struct place *at,
		  const struct json *value, enum json_type type)
{
	if (value->type == type)
		return 0;
	return fail(r, at, value, "expected %s", json_type_name(type));
}

/* `expected A, B or C, not "what it is"`. */
static int fail_words(const struct reader *r, const struct place *at,
		      const struct json *value, const char *expected)
{
	auto(strbuf) struct strbuf b = { 0 };

	json_put_text(&b, value->text);
	return fail(r, at, value, "expected %s, not \"%s\"", expected,
		    b.text ? b.text : "");
}

static int read_bool(const struct reader *r, const struct place *at,
		     const struct json *value, bool *ret)
{
	int code = expect(r, at, value, JSON_BOOL);

	if (code == 0)
		*ret = value->boolean;
	return code;
}

static struct field_range range_of(const struct field *f)
{
	static const struct field_range defaults[] = {
		[FIELD_INT32] = { INT32_MIN, INT32_MAX },
		[FIELD_INT64] = { INT64_MIN, INT64_MAX },
		[FIELD_UINT16] = { 0, UINT16_MAX },
		[FIELD_UINT32] = { 0, UINT32_MAX },
		[FIELD_UINT64] = { 0, UINT64_MAX },
		[FIELD_OPT_INT64] = { INT64_MIN, INT64_MAX },
		[FIELD_OPT_UINT32] = { 0, UINT32_MAX },
		[FIELD_OPT_UINT64] = { 0, UINT64_MAX },
		[FIELD_UINT32S] = { 0, UINT32_MAX },
	};

	return f->sub ? *(const struct field_range *)f->sub : defaults[f->type];
}

static int expect_whole(const struct reader *r, const struct place *at,
			const struct json *value)
{
	const char *digits;
	int code = expect(r, at, value, JSON_NUMBER);

	if (code < 0)
		return code;
	digits = value->text + (value->text[0] == '-' ? 1 : 0);
	if (digits[strspn(digits, "0123456789")] != '\0')
		return fail(r, at, value, "expected a whole number, not %.40s",
			    value->text);
	return 0;
}

static int read_signed(const struct reader *r, const struct place *at,
		       const struct field *f, const struct json *value,
		       int64_t *ret)
{
	struct field_range range = range_of(f);
	int code = expect_whole(r, at, value);
	int64_t v;

	if (code < 0)
		return code;
	if (str_int64(value->text, &v) < 0 || v < range.min ||
	    (v > 0 && (uint64_t)v > range.max))
		return fail(r, at, value,
			    "%.40s is outside %" PRId64 "..%" PRIu64,
			    value->text, range.min, range.max);
	*ret = v;
	return 0;
}

static int read_unsigned(const struct reader *r, const struct place *at,
			 const struct field *f, const struct json *value,
			 uint64_t *ret)
{
	struct field_range range = range_of(f);
	int code = expect_whole(r, at, value);
	uint64_t v;

	if (code < 0)
		return code;
	if (str_uint64(value->text, &v) < 0 || v < (uint64_t)range.min ||
	    v > range.max)
		return fail(r, at, value,
			    "%.40s is outside %" PRId64 "..%" PRIu64,
			    value->text, range.min, range.max);
	*ret = v;
	return 0;
}

static int check_words(const struct reader *r, const struct place *at,
		       const struct field_check *check,
		       const struct json *value)
{
	auto(strbuf) struct strbuf b = { 0 };

	for (const char *const *w = check->words; *w; w++)
		if (str_eq(*w, value->text))
			return 0;
	/* An empty word is taken but not offered. */
	for (const char *const *w = check->words; *w; w++)
		if (!str_empty(*w))
			strbuf_printf(&b, "%s%s", b.len ? ", " : "one of ", *w);
	return fail_words(r, at, value, b.text);
}

static int read_string(const struct reader *r, const struct place *at,
		       const struct field *f, const struct json *value,
		       const char **ret)
{
	const struct field_check *check = f->sub;
	int code = expect(r, at, value, JSON_STRING);

	if (code < 0)
		return code;
	if (strlen(value->text) != value->len)
		return fail(r, at, value, "a \\u0000 in the string");
	if (check && check->words) {
		code = check_words(r, at, check, value);
		if (code < 0)
			return code;
	} else if (check && !check->good(value->text)) {
		return fail_words(r, at, value, check->expected);
	}
	*ret = value->text;
	return 0;
}

static int read_strings(const struct reader *r, const struct place *at,
			const struct field *f, const struct json *value,
			struct strings *ret)
{
	struct place here = { .up = at };

	ret->present = true;
	if (value->n == 0)
		return 0;
	ret->v = arena_zero_n(r->arena, value->n + 1, sizeof(*ret->v));
	json_for_each(item, value) {
		int code = read_string(r, &here, f, item, &ret->v[here.index]);

		if (code < 0)
			return code;
		here.index++;
	}
	ret->n = here.index;
	return 0;
}

static int read_uint32s(const struct reader *r, const struct place *at,
			const struct field *f, const struct json *value,
			struct uint32s *ret)
{
	struct place here = { .up = at };

	ret->present = true;
	if (value->n == 0)
		return 0;
	ret->v = arena_zero_n(r->arena, value->n, sizeof(*ret->v));
	json_for_each(item, value) {
		uint64_t v = 0;
		int code = read_unsigned(r, &here, f, item, &v);

		if (code < 0)
			return code;
		ret->v[here.index++] = (uint32_t)v;
	}
	ret->n = here.index;
	return 0;
}

static int read_map(const struct reader *r, const struct place *at,
		    const struct field *f, const struct json *value,
		    struct string_map *ret)
{
	struct place here = { .up = at };
	size_t n = 0;

	ret->present = true;
	if (value->n == 0)
		return 0;
	ret->v = arena_zero_n(r->arena, value->n, sizeof(*ret->v));
	json_for_each(member, value) {
		int code;

		here.key = member->key;
		code = read_string(r, &here, f, member, &ret->v[n].value);
		if (code < 0)
			return code;
		ret->v[n++].key = member->key;
	}
	ret->n = n;
	return 0;
}

static int read_enum(const struct reader *r, const struct place *at,
		     const struct field *f, const struct json *value, int *ret)
{
	const struct field_name *names = f->sub;
	auto(strbuf) struct strbuf b = { 0 };
	int code = expect(r, at, value, JSON_STRING);

	if (code < 0)
		return code;
	for (const struct field_name *n = names; n->name; n++) {
		if (strlen(n->name) == value->len &&
		    memcmp(n->name, value->text, value->len) == 0) {
			*ret = n->value;
			return 0;
		}
	}
	for (const struct field_name *n = names; n->name; n++)
		strbuf_printf(&b, "%s%s", b.len ? ", " : "one of ", n->name);
	return fail_words(r, at, value, b.text);
}

static int read_enums(const struct reader *r, const struct place *at,
		      const struct field *f, const struct json *value,
		      struct ints *ret)
{
	struct place here = { .up = at };

	ret->present = true;
	if (value->n == 0)
		return 0;
	ret->v = arena_zero_n(r->arena, value->n, sizeof(*ret->v));
	json_for_each(item, value) {
		int code = read_enum(r, &here, f, item, &ret->v[here.index]);

		if (code < 0)
			return code;
		here.index++;
	}
	ret->n = here.index;
	return 0;
}

static int read_object(const struct reader *r, const struct place *at,
		       const struct field *fields, const struct json *value,
		       void *ret);

/* FIELD_OBJECTS and FIELD_MEMBERS: the elements differ in having a key. */
static int read_items(const struct reader *r, const struct place *at,
		      const struct field *f, const struct json *value,
		      struct items *ret)
{
	struct place here = { .up = at };
	char *to;

	ret->present = true;
	if (value->n == 0)
		return 0;
	to = arena_zero_n(r->arena, value->n, f->size);
	ret->v = to;
	json_for_each(item, value) {
		int code;

		here.key = item->key;
		if (item->key)
			memcpy(to, &item->key, sizeof(item->key));
		code = read_object(r, &here, f->sub, item, to);
		if (code < 0)
			return code;
		here.index++;
		to += f->size;
	}
	ret->n = here.index;
	return 0;
}

static int read_number(const struct reader *r, const struct place *at,
		       const struct field *f, const struct json *value,
		       void *to)
{
	bool is_signed = f->type == FIELD_INT32 || f->type == FIELD_INT64 ||
			 f->type == FIELD_OPT_INT64;
	uint64_t u = 0;
	int64_t s = 0;
	int code;

	code = is_signed ? read_signed(r, at, f, value, &s)
			 : read_unsigned(r, at, f, value, &u);
	if (code < 0)
		return code;
	if (f->type == FIELD_INT32)
		*(int32_t *)to = (int32_t)s;
	else if (f->type == FIELD_INT64)
		*(int64_t *)to = s;
	else if (f->type == FIELD_UINT16)
		*(uint16_t *)to = (uint16_t)u;
	else if (f->type == FIELD_UINT32)
		*(uint32_t *)to = (uint32_t)u;
	else if (f->type == FIELD_UINT64)
		*(uint64_t *)to = u;
	else if (f->type == FIELD_OPT_INT64)
		*(struct opt_int64 *)to = (struct opt_int64){ true, s };
	else if (f->type == FIELD_OPT_UINT32)
		*(struct opt_uint32 *)to = (struct opt_uint32){ true,
								(uint32_t)u };
	else
		*(struct opt_uint64 *)to = (struct opt_uint64){ true, u };
	return 0;
}

/* The container is already known to be of the right type. */
static int read_value(const struct reader *r, const struct place *at,
		      const struct field *f, const struct json *value, void *to)
{
	struct opt_bool *opt = to;

	switch (f->type) {
	case FIELD_BOOL:
		return read_bool(r, at, value, to);
	case FIELD_OPT_BOOL:
		opt->set = true;
		return read_bool(r, at, value, &opt->value);
	case FIELD_INT32:
	case FIELD_INT64:
	case FIELD_UINT16:
	case FIELD_UINT32:
	case FIELD_UINT64:
	case FIELD_OPT_INT64:
	case FIELD_OPT_UINT32:
	case FIELD_OPT_UINT64:
		return read_number(r, at, f, value, to);
	case FIELD_STRING:
		return read_string(r, at, f, value, to);
	case FIELD_STRINGS:
		return read_strings(r, at, f, value, to);
	case FIELD_UINT32S:
		return read_uint32s(r, at, f, value, to);
	case FIELD_MAP:
		return read_map(r, at, f, value, to);
	case FIELD_ENUM:
		return read_enum(r, at, f, value, to);
	case FIELD_ENUMS:
		return read_enums(r, at, f, value, to);
	case FIELD_OBJECT:
		return read_object(r, at, f->sub, value, to);
	case FIELD_OBJECT_PTR:
		*(void **)to = arena_zero(r->arena, f->size);
		return read_object(r, at, f->sub, value, *(void **)to);
	case FIELD_OBJECTS:
	case FIELD_MEMBERS:
		return read_items(r, at, f, value, to);
	case FIELD_JSON:
		*(const struct json **)to = value;
		return 0;
	}
	return fail(r, at, value, "the field's type %d is unknown",
		    (int)f->type);
}

static int expect_container(const struct reader *r, const struct place *at,
			    const struct field *f, const struct json *value)
{
	switch (f->type) {
	case FIELD_STRINGS:
	case FIELD_UINT32S:
	case FIELD_ENUMS:
	case FIELD_OBJECTS:
		return expect(r, at, value, JSON_ARRAY);
	case FIELD_MAP:
	case FIELD_MEMBERS:
		return expect(r, at, value, JSON_OBJECT);
	case FIELD_BOOL:
	case FIELD_INT32:
	case FIELD_INT64:
	case FIELD_UINT16:
	case FIELD_UINT32:
	case FIELD_UINT64:
	case FIELD_OPT_BOOL:
	case FIELD_OPT_INT64:
	case FIELD_OPT_UINT32:
	case FIELD_OPT_UINT64:
	case FIELD_STRING:
	case FIELD_ENUM:
	case FIELD_OBJECT:
	case FIELD_OBJECT_PTR:
	case FIELD_JSON:
		break;
	}
	return 0;
}

static bool is_empty(const struct json *value)
{
	if (value->type == JSON_STRING)
		return value->len == 0;
	return (value->type == JSON_ARRAY || value->type == JSON_OBJECT) &&
	       value->n == 0;
}

static int read_object(const struct reader *r, const struct place *at,
		       const struct field *fields, const struct json *value,
		       void *ret)
{
	struct place here = { .up = at };
	int code = expect(r, at, value, JSON_OBJECT);

	for (const struct field *f = fields; code == 0 && f->key; f++) {
		const struct json *v = json_get(value, f->key);

		here.key = f->key;
		if (!v || v->type == JSON_NULL) {
			if (f->flags & FIELD_REQUIRED)
				return fail(r, &here, NULL, "missing");
			continue;
		}
		code = expect_container(r, &here, f, v);
		if (code == 0 && (f->flags & FIELD_NOT_EMPTY) && is_empty(v))
			return fail(r, &here, v, "must not be empty");
		if (code == 0)
			code = read_value(r, &here, f, v,
					  (char *)ret + f->offset);
	}
	return code;
}

int fields_read(const struct field *fields, const struct json *object,
		const char *path, struct arena *arena, void *ret, struct err *e)
{
	struct reader r = { .arena = arena, .e = e, .path = path };

	return read_object(&r, NULL, fields, object, ret);
}

const char *field_name(const struct field_name *names, int value)
{
	for (const struct field_name *n = names; n->name; n++)
		if (n->value == value)
			return n->name;
	return NULL;
}
