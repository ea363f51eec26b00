// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Mortise developers
//
// An application with a bug, watched by Sentry's own SDK:
//   SENTRY_DSN=… [SENTRY_RELEASE=…] node application.mjs [MESSAGE]
// Ends with 0 once the SDK has handed its report over.
import * as Sentry from '@sentry/node';

const [, , message = 'the cart has no items'] = process.argv;

// The release and the DSN are in the environment, as the SDK wants it.
Sentry.init({ environment: 'demonstration' });

function checkout(cart) {
  if (!cart.items) throw new TypeError(message);
  return cart.items.length;
}

try {
  checkout({});
} catch (error) {
  Sentry.captureException(error);
}
if (!await Sentry.close(10_000)) {
  console.error('the report was not taken');
  process.exitCode = 1;
}
