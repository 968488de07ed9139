"""`convex/_generated` as the Convex CLI writes it for a project, without a deployment."""

from __future__ import annotations

from pathlib import Path

_SERVER = """\
import type {
  ActionBuilder,
  GenericActionCtx,
  GenericMutationCtx,
  GenericQueryCtx,
  HttpActionBuilder,
  MutationBuilder,
  QueryBuilder,
} from "convex/server";
import type { DataModel } from "./dataModel.js";

export declare const query: QueryBuilder<DataModel, "public">;
export declare const internalQuery: QueryBuilder<DataModel, "internal">;
export declare const mutation: MutationBuilder<DataModel, "public">;
export declare const internalMutation: MutationBuilder<DataModel, "internal">;
export declare const action: ActionBuilder<DataModel, "public">;
export declare const internalAction: ActionBuilder<DataModel, "internal">;
export declare const httpAction: HttpActionBuilder;
export declare const env: ENV;
export type QueryCtx = GenericQueryCtx<DataModel>;
export type MutationCtx = GenericMutationCtx<DataModel>;
export type ActionCtx = GenericActionCtx<DataModel>;
"""
UNDECLARED_ENV = "Record<string, string | undefined>"
DECLARED_ENV = "{ readonly CONVEX_CLOUD_URL: string; readonly CONVEX_SITE_URL: string }"
"""What it is once the backend has told that nothing else is declared."""
_SERVER_JS = """\
import {
  actionGeneric,
  httpActionGeneric,
  internalActionGeneric,
  internalMutationGeneric,
  internalQueryGeneric,
  mutationGeneric,
  queryGeneric,
} from "convex/server";

export const query = queryGeneric;
export const internalQuery = internalQueryGeneric;
export const mutation = mutationGeneric;
export const internalMutation = internalMutationGeneric;
export const action = actionGeneric;
export const internalAction = internalActionGeneric;
export const httpAction = httpActionGeneric;
export const env = process.env;
"""
_DATA_MODEL = """\
import type {
  DataModelFromSchemaDefinition,
  DocumentByName,
  SystemTableNames,
  TableNamesInDataModel,
} from "convex/server";
import type { GenericId } from "convex/values";
import schema from "../schema.js";

export type TableNames = TableNamesInDataModel<DataModel>;
export type Doc<TableName extends TableNames> = DocumentByName<DataModel, TableName>;
export type Id<TableName extends TableNames | SystemTableNames> = GenericId<TableName>;
export type DataModel = DataModelFromSchemaDefinition<typeof schema>;
"""
_API = """\
import type {{ ApiFromModules, FilterApi, FunctionReference }} from "convex/server";
{imports}

declare const fullApi: ApiFromModules<{{
{modules}
}}>;
export declare const api: FilterApi<typeof fullApi, FunctionReference<any, "public">>;
export declare const internal: FilterApi<typeof fullApi, FunctionReference<any, "internal">>;
"""
_API_JS = """\
import { anyApi } from "convex/server";

export const api = anyApi;
export const internal = anyApi;
"""
_NOT_MODULES = {"schema", "auth.config", "convex.config"}


def write_generated(convex: Path, env: str = UNDECLARED_ENV) -> None:
    """Into the project's folder `convex`, for the modules that are in it now."""
    modules = sorted(path.stem for path in convex.glob("*.ts") if path.stem not in _NOT_MODULES)
    imports = "\n".join(f'import type * as {name} from "../{name}.js";' for name in modules)
    entries = "\n".join(f"  {name}: typeof {name};" for name in modules)
    folder = convex / "_generated"
    folder.mkdir(exist_ok=True)
    (folder / "api.d.ts").write_text(_API.format(imports=imports, modules=entries))
    (folder / "api.js").write_text(_API_JS)
    (folder / "dataModel.d.ts").write_text(_DATA_MODEL)
    (folder / "server.d.ts").write_text(_SERVER.replace("ENV", env))
    (folder / "server.js").write_text(_SERVER_JS)
