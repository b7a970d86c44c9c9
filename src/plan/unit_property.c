/* unit_property.c - properties of a systemd unit out of annotations.
 *
 * Theory of operation: a value of the text format of GVariant is turned into
 * the signature of D-Bus and a word for each basic type, with no more knowledge
 * of the property than its name: whether there is one, and of that type, is
 * systemd's to say.  What a word says is checked here, so that a number is one
 * and fits its type.
 */
#include "plan/unit_property.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/str.h"

#define ARRAY_MAX    256
#define USEC_PER_SEC 1000000.0

struct type {
	const char *word; /* before the value; NULL: it has none */
	char letter;
	int64_t min;
	uint64_t max;
};

/* Numbers first, the one without a word before the value at the top. */
static const struct type types[] = {
	{ "int32", 'i', INT32_MIN, INT32_MAX },
	{ "uint32", 'u', 0, UINT32_MAX },
	{ "int64", 'x', INT64_MIN, INT64_MAX },
	{ "uint64", 't', 0, UINT64_MAX },
	{ "byte", 'y', 0, UINT8_MAX },
	{ "int16", 'n', INT16_MIN, INT16_MAX },
	{ "uint16", 'q', 0, UINT16_MAX },
	{ "double", 'd', 0, 0 },
	{ "boolean", 'b', 0, 0 },
	{ "string", 's', 0, 0 },
	{ "objectpath", 'o', 0, 0 },
	{ "signature", 'g', 0, 0 },
};

struct reader {
	const char *at;
	struct arena *arena;
	char letter; /* of the type, once it is known; 0 */
	const char *words[ARRAY_MAX + 1]; /* words[0] is the length */
	size_t n;
};

static void skip_blanks(struct reader *r)
{
	r->at += strspn(r->at, " \t\n");
}

static const struct type *type_of(char letter)
{
	size_t i = 0;

	while (types[i].letter != letter)
		i++;
	return &types[i];
}

/* "uint64 " or "@t "; without one the value itself tells. */
static bool read_type(struct reader *r)
{
	bool by_letter = *r->at == '@';
	const char *word = by_letter ? r->at + 1 : r->at;
	size_t len = strcspn(word, " \t\n");

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		const struct type *t = &types[i];

		if (by_letter ? len != 1 || *word != t->letter
			      : strlen(t->word) != len ||
					memcmp(t->word, word, len) != 0)
			continue;
		r->letter = t->letter;
		r->at = word + len;
		skip_blanks(r);
		return true;
	}
	return !by_letter;
}

/* --- basic values; each gives the word, or NULL */

static char unescaped(char c)
{
	switch (c) {
	case 'n':
		return '\n';
	case 't':
		return '\t';
	case 'r':
		return '\r';
	case '\\':
	case '\'':
	case '"':
		return c;
	default:
		return '\0';
	}
}

static const char *read_string(struct reader *r)
{
	char quote = *r->at++;
	struct strbuf b = { 0 };
	const char *word = NULL;

	strbuf_puts(&b, "");
	while (*r->at && *r->at != quote) {
		char c = *r->at;

		if (c == '\\')
			c = unescaped(*++r->at);
		if (c == '\0') {
			strbuf_done(&b);
			return NULL;
		}
		r->at++;
		strbuf_putc(&b, c);
	}
	if (*r->at == quote) {
		r->at++;
		word = arena_str(r->arena, b.text);
	}
	strbuf_done(&b);
	return word;
}

static bool fits(const struct type *t, const char *word)
{
	uint64_t u;
	int64_t i;

	if (*word == '-')
		return str_int64(word, &i) == 0 && i >= t->min;
	return str_uint64(word, &u) == 0 && u <= t->max;
}

static const char *read_number(struct reader *r)
{
	size_t len = strspn(r->at, "+-.0123456789eE");
	const char *word = arena_dup(r->arena, r->at, len);
	char *end;

	r->at += len;
	if (len == 0)
		return NULL;
	if (!r->letter)
		r->letter = strpbrk(word, ".eE") ? 'd' : 'i';
	if (*word == '+')
		word++;
	if (r->letter != 'd')
		return fits(type_of(r->letter), word) ? word : NULL;
	return isfinite(strtod(word, &end)) && *end == '\0' ? word : NULL;
}

static const char *read_boolean(struct reader *r)
{
	const char *rest = str_after(r->at, "true");
	bool is_true = rest != NULL;

	if (!rest)
		rest = str_after(r->at, "false");
	if (!rest)
		return NULL;
	r->letter = 'b';
	r->at = rest;
	return is_true ? "1" : "0";
}

static const char *read_basic(struct reader *r)
{
	bool quoted = *r->at == '\'' || *r->at == '"';
	const char *word;

	if (quoted && !r->letter)
		r->letter = 's';
	if (!r->letter && (*r->at == 't' || *r->at == 'f'))
		r->letter = 'b';
	if (r->letter && strchr("sog", r->letter))
		word = quoted ? read_string(r) : NULL;
	else
		word = r->letter == 'b' ? read_boolean(r) : read_number(r);
	skip_blanks(r);
	return word;
}

/* "[a, b]", behind the bracket. */
static bool read_elements(struct reader *r)
{
	skip_blanks(r);
	while (*r->at != ']') {
		const char *word;

		if (r->n == ARRAY_MAX)
			return false;
		word = read_basic(r);
		if (!word)
			return false;
		r->words[++r->n] = word;
		if (*r->at == ',') {
			r->at++;
			skip_blanks(r);
		} else if (*r->at != ']') {
			return false;
		}
	}
	r->at++;
	skip_blanks(r);
	r->words[0] = arena_format(r->arena, "%zu", r->n);
	return true;
}

/* The whole text; "@as []" has the type of an array in front. */
static bool read_value(struct reader *r, bool *ret_array)
{
	const char *as = str_after(r->at, "@a");

	*ret_array = as != NULL;
	if (as) {
		if (*as == '\0' || !strchr("iuxtynqdbsog", *as))
			return false;
		r->letter = *as;
		r->at = as + 1;
		skip_blanks(r);
	} else if (!read_type(r)) {
		return false;
	}
	if (*r->at == '[') {
		*ret_array = true;
		r->at++;
		return read_elements(r) && r->letter && *r->at == '\0';
	}
	r->words[0] = read_basic(r);
	return !as && r->words[0] && *r->at == '\0';
}

/* --- the property */

void unit_property_add(struct plan_unit_property *ret, const char *name,
		       const char *signature, const char *value,
		       struct arena *arena)
{
	ret->name = name;
	ret->signature = signature;
	ret->values.v = arena_zero_n(arena, 2, sizeof(*ret->values.v));
	ret->values.v[0] = value;
	ret->values.n = 1;
}

/* TimeoutStopSec is TimeoutStopUSec on D-Bus. */
static bool is_in_seconds(const char *name)
{
	size_t len = strlen(name);

	return len > 3 && str_ends(name, "Sec") &&
	       islower((unsigned char)name[len - 4]);
}

static int to_usec(struct reader *r, const char **name, struct err *e)
{
	double seconds = r->letter && strchr("sogb", r->letter)
				 ? -1
				 : strtod(r->words[0], NULL);

	if (seconds < 0 || seconds >= (double)UINT64_MAX / USEC_PER_SEC)
		return err_set(e, EINVAL,
			       "a time in seconds is expected, as a number");
	r->letter = 't';
	r->words[0] = arena_format(r->arena, "%.0f", seconds * USEC_PER_SEC);
	*name = arena_format(r->arena, "%.*sUSec", (int)strlen(*name) - 3,
			     *name);
	return 0;
}

static bool is_name(const char *name)
{
	const char *s = name;

	while (isalpha((unsigned char)*s))
		s++;
	return *s == '\0' && s - name >= 3;
}

int unit_property_parse(const char *name, const char *text, struct arena *arena,
			struct plan_unit_property *ret, struct err *e)
{
	struct reader r = { .at = text, .arena = arena };
	bool array;
	int rc;

	if (!is_name(name))
		return err_set(e, EINVAL,
			       "a property of systemd is called by letters, at "
			       "least three");
	skip_blanks(&r);
	if (!read_value(&r, &array)) {
		(void)err_set(e, EINVAL,
			      "\"%.80s\" is no boolean, number, string or "
			      "array of them in the text format of GVariant",
			      text);
		return err_hint(e, "write for instance true, uint64 5000000, "
				   "'a string' or ['a', 'b']");
	}
	if (!array && is_in_seconds(name)) {
		rc = to_usec(&r, &name, e);
		if (rc < 0)
			return rc;
	}
	ret->name = name;
	ret->signature = arena_format(arena, "%s%c", array ? "a" : "",
				      r.letter);
	ret->values.n = 1 + (array ? r.n : 0);
	ret->values.v = arena_zero_n(arena, ret->values.n + 1,
				     sizeof(*ret->values.v));
	memcpy(ret->values.v, r.words, ret->values.n * sizeof(*r.words));
	return 0;
}
