-- How episodes of training runs ended.
CREATE TABLE training_failures (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  timestamp TEXT NOT NULL,
  run TEXT NOT NULL,
  episode INTEGER NOT NULL,
  agent_id TEXT NOT NULL,
  reason TEXT NOT NULL
);
CREATE INDEX training_failures_by_reason ON training_failures (agent_id, reason, id);
