/* utf8.c - is this UTF-8? */
#include "base/utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

size_t utf8_sequence(const unsigned char *p, size_t left)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t c = p[0];
	size_t n;

	if (c < 0x80)
		return 1;
	if (c >= 0xc2 && c < 0xe0)
		n = 2;
	else if (c >= 0xe0 && c < 0xf0)
		n = 3;
	else if (c >= 0xf0 && c < 0xf5)
		n = 4;
	else
		return 0;
	if (left < n)
		return 0;
	c &= 0x7fU >> n;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0U) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3fU);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	return n;
}

/* Whether the next eight bytes are ASCII, which is most of any document. */
static bool is_ascii_word(const char *text, size_t left)
{
	uint64_t word;

	if (left < sizeof(word))
		return false;
	memcpy(&word, text, sizeof(word));
	return !(word & 0x8080808080808080U);
}

size_t utf8_valid_until(const char *text, size_t len)
{
	size_t at = 0;

	while (at < len) {
		size_t n = sizeof(uint64_t);

		if (!is_ascii_word(text + at, len - at))
			n = utf8_sequence((const unsigned char *)text + at,
					  len - at);
		if (n == 0)
			return at;
		at += n;
	}
	return len;
}
