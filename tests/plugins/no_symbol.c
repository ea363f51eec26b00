/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Mortise developers
 */
/* A shared object that is no plugin. */
int no_plugin(void);

int no_plugin(void)
{
	return 0;
}
