"""What a project needs so that its convex/ folder can be pushed; for one that has none of it yet."""

from __future__ import annotations

SCHEMA_PATH = "convex/schema.ts"
CONFIG_PATH = "convex.json"

EMPTY_SCHEMA = """\
import { defineSchema } from "convex/server";

export default defineSchema({});
"""

_TSCONFIG = """\
{
  "compilerOptions": {
    "allowJs": true,
    "strict": true,
    "moduleResolution": "Bundler",
    "jsx": "react-jsx",
    "skipLibCheck": true,
    "allowSyntheticDefaultImports": true,
    "target": "ESNext",
    "lib": ["ES2023", "dom"],
    "forceConsistentCasingInFileNames": true,
    "module": "ESNext",
    "isolatedModules": true,
    "noEmit": true,
    "types": ["node"]
  },
  "include": ["./**/*"],
  "exclude": ["./_generated"]
}
"""

_CONFIG = """\
{
  "$schema": "./node_modules/convex/schemas/convex.schema.json",
  "functions": "convex/"
}
"""

BESIDE_SCHEMA = {"convex/tsconfig.json": _TSCONFIG, CONFIG_PATH: _CONFIG}
"""Path -> text of the other files."""
