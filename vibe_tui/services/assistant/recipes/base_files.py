"""What a project needs so that its convex/ folder can be pushed; for one that has none of it yet."""

from __future__ import annotations

import json

SCHEMA_PATH = "convex/schema.ts"
CONFIG_PATH = "convex.json"

EMPTY_SCHEMA = """\
import { defineSchema } from "convex/server";

export default defineSchema({});
"""

_TSCONFIG = {
    "compilerOptions": {
        "allowJs": True,
        "strict": True,
        "moduleResolution": "Bundler",
        "jsx": "react-jsx",
        "skipLibCheck": True,
        "allowSyntheticDefaultImports": True,
        "target": "ESNext",
        "lib": ["ES2023", "dom"],
        "forceConsistentCasingInFileNames": True,
        "module": "ESNext",
        "isolatedModules": True,
        "noEmit": True,
        # TypeScript 6 and later take no @types by themselves.
        "types": ["node"],
    },
    "include": ["./**/*"],
    "exclude": ["./_generated"],
}

_CONFIG = {
    "$schema": "./node_modules/convex/schemas/convex.schema.json",
    "functions": "convex/",
}

BESIDE_SCHEMA = {
    "convex/tsconfig.json": json.dumps(_TSCONFIG, indent=2) + "\n",
    CONFIG_PATH: json.dumps(_CONFIG, indent=2) + "\n",
}
"""Path -> text of the other files."""
