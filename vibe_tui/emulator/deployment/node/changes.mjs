// Changes to documents that the dashboard asks for, as Convex's own mutations make them (`_system/frontend/*`).
// Each is one transaction, all of it or nothing; ids and the live schema are checked as for user code.

const changes = {
  insert: (database, jsonToConvex, { table, documents }) => {
    for (const document of documents) database.insert(table, jsonToConvex(document));
  },
  patch: (database, _jsonToConvex, { table, ids, fields }) => {
    for (const id of ids) database.patch(table, id, { ...fields });
  },
  replace: (database, _jsonToConvex, { table, id, document }) => database.replace(table, id, { ...document }),
  remove: (database, _jsonToConvex, { table, ids }) => {
    for (const id of ids) database.remove(table, id);
  },
};

export async function change(database, jsonToConvex, { change: name, args }) {
  await database.t.run(async () => {
    changes[name](database, jsonToConvex, args);
  });
  return null;
}
