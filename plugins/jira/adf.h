/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Atlassian Document Format, in which Jira Cloud keeps descriptions and comments: a tree
 * of nodes as JSON.
 */
#ifndef MORTISE_PLUGINS_JIRA_ADF_H
#define MORTISE_PLUGINS_JIRA_ADF_H

#include <jansson.h>

#define ADF_TEXT_MAX 30000     /* bytes of a text; Jira takes 32,767 characters */

/* Markdown as a document of paragraphs, quotations, code blocks and links; a new reference. */
json_t *adf_from_markdown(const char *markdown);
/* "Author wrote:" and the Markdown 'text' as a quotation. */
json_t *adf_quote(const char *author, const char *text);
/* A document as Markdown, as far as its depth and size are sensible: a new string; a string
 * of JSON is taken as it is; NULL for what is neither. */
char *adf_to_markdown(const json_t *document);

#endif
