// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// Choices that a seed repeats.
import { randomBytes } from 'node:crypto';

export class Random {
  constructor(seed = randomBytes(4).readUInt32LE()) {
    this.seed = Number(seed) >>> 0;
    this.state = this.seed;
  }

  // 0 ≤ x < 1 (mulberry32).
  next() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  // A whole number, both ends included.
  between(from, to) {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  pick(list) {
    return list[this.between(0, list.length - 1)];
  }

  chance(share) {
    return this.next() < share;
  }

  // Another sequence that this one's seed decides.
  fork() {
    return new Random(this.between(0, 2 ** 32 - 1));
  }
}
