// Applies D1 migrations the way `wrangler d1 migrations apply` does, with the same table, so that either may go first.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { unstable_splitSqlQuery as splitSql } from "wrangler";

const CREATE = `CREATE TABLE IF NOT EXISTS d1_migrations(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT UNIQUE,
  applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
)`;

/** Applies every `*.sql` of `directory` that `database` does not list yet, in the order of their names. */
export async function applyMigrations(database, directory) {
  const files = readdirSync(directory).filter((name) => name.endsWith(".sql")).sort();
  await database.prepare(CREATE).run();
  const { results } = await database.prepare("SELECT name FROM d1_migrations").all();
  const applied = new Set(results.map(({ name }) => name));
  for (const name of files.filter((name) => !applied.has(name))) {
    const statements = splitSql(readFileSync(join(directory, name), "utf8")).map((sql) => database.prepare(sql));
    const note = database.prepare("INSERT INTO d1_migrations (name) VALUES (?)").bind(name);
    // One batch is one transaction: a migration is applied whole or not at all.
    await database.batch([...statements, note]).catch((error) => {
      throw new Error(`migration ${name}: ${error.message}`);
    });
  }
}
