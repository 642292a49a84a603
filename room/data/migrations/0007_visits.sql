-- What the addresses of later visits of a participant said, where that differs: a JSON list of objects.
ALTER TABLE identifiers ADD COLUMN visits TEXT NOT NULL DEFAULT '[]';
