/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a plain scalar is: the parts of YAML's core schema that Quilkin's parser
 * takes, so that a string here is a string there. Digits after a leading zero
 * are a string, as are numbers with an exponent: either may be a token.
 */
#include "nj_yaml.h"

#include <stdlib.h>
#include <string.h>

#define DIGITS "0123456789"

static bool
is_plain(const yaml_node_t *node)
{
	return node->type == YAML_SCALAR_NODE && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

static bool
is_one_of(const char *text, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strcmp(text, *words) == 0)
			return true;
	return false;
}

bool
nj_node_is_null(const yaml_node_t *node)
{
	static const char *const words[] = {"", "~", "null", "Null", "NULL", NULL};

	return is_plain(node) && is_one_of(nj_node_text(node), words);
}

static bool
is_number(const char *text)
{
	size_t whole, fraction;

	text += text[0] == '-' || text[0] == '+';
	whole = strspn(text, DIGITS);
	if (whole == 0 || (whole > 1 && text[0] == '0'))
		return false;
	if (text[whole] == '\0')
		return true;
	fraction = strspn(text + whole + 1, DIGITS);
	return text[whole] == '.' && text[whole + 1 + fraction] == '\0';
}

bool
nj_node_is_text(const yaml_node_t *node)
{
	return node->type == YAML_SCALAR_NODE && !nj_node_is_null(node);
}

bool
nj_node_is_string(const yaml_node_t *node)
{
	bool ignored;

	if (node->type != YAML_SCALAR_NODE)
		return false;
	if (!is_plain(node))
		return true;
	return !nj_node_is_null(node) && !nj_node_bool(node, &ignored) &&
	       !is_number(nj_node_text(node));
}

bool
nj_node_integer(const yaml_node_t *node, uint64_t *number)
{
	const char *text = nj_node_text(node);
	size_t digits = strspn(text, DIGITS);

	if (!is_plain(node) || digits == 0 || digits > 18 || text[digits] != '\0')
		return false;
	*number = strtoull(text, NULL, 10);
	return true;
}

bool
nj_node_bool(const yaml_node_t *node, bool *value)
{
	static const char *const yes[] = {"true", "True", "TRUE", NULL};
	static const char *const no[] = {"false", "False", "FALSE", NULL};

	*value = is_one_of(nj_node_text(node), yes);
	return is_plain(node) && (*value || is_one_of(nj_node_text(node), no));
}
