#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The Mortise developers
#
# The description of the API as JSON, which is what clients read:
#   openapi.py openapi.yaml >openapi.json
import json
import sys

import yaml

with open(sys.argv[1], encoding='utf-8') as file:
    description = yaml.load(file, Loader=getattr(yaml, 'CSafeLoader', yaml.SafeLoader))
json.dump(description, sys.stdout, ensure_ascii=False, indent=1)
print()
