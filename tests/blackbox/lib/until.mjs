// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Tests wait for conditions: ask again until the answer is truthy, within a deadline.

// MORTISE_TEST_PATIENCE multiplies deadlines, for sanitizer builds and slow machines.
export const patience = Number(process.env.MORTISE_TEST_PATIENCE || 1);

// The first truthy result of 'condition' (may be async; an exception counts as "not
// yet" and is named if the deadline passes).
export async function until(what, condition, { within = 20_000, every = 20 } = {}) {
  const deadline = Date.now() + within * patience;
  let last = null;
  for (;;) {
    try {
      const result = await condition();
      if (result) return result;
      last = null;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline)
      throw new Error(`waited ${within * patience} ms in vain: ${what}${last ? ` (${last.message})` : ''}`);
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}
