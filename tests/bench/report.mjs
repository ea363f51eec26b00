// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Figures as people read them.
export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

export function percentile(numbers, part) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

const shown = (value) => (typeof value !== 'number' ? String(value ?? '') :
  value >= 100 || Number.isInteger(value) ? Math.round(value).toLocaleString('en-US') : value >= 10 ? value.toFixed(1) : value.toFixed(2));

// Rows of one shape as a Markdown table.
export function table(rows) {
  const heads = Object.keys(rows[0]);
  console.log(`| ${heads.join(' | ')} |`);
  console.log(`|${heads.map(() => ' --- ').join('|')}|`);
  for (const row of rows) console.log(`| ${heads.map((head) => shown(row[head])).join(' | ')} |`);
}

// The middle of several rounds, member by member.
export const middle = (rounds) => Object.fromEntries(Object.keys(rounds[0]).map((name) =>
  [name, median(rounds.map((round) => round[name]))]));
