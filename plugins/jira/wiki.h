/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/*
 * Jira's wiki markup, which Jira Server takes in descriptions and comments.  What is
 * written as text stays text: nothing in it becomes markup, a mention or a macro.
 */
#ifndef MORTISE_PLUGINS_JIRA_WIKI_H
#define MORTISE_PLUGINS_JIRA_WIKI_H

#define WIKI_MAX 32767         /* characters that Jira takes; we count bytes */

/* Markdown as wiki markup, a new string of at most WIKI_MAX bytes. */
char *wiki_from_markdown(const char *markdown);
/* "Author wrote:" and the Markdown 'text' as a quotation; the same bound. */
char *wiki_quote(const char *author, const char *text);
/* "[words|url]" */
char *wiki_link(const char *words, const char *url);

#endif
