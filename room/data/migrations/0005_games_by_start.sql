-- A study's games, the newest first, a page at a time.
CREATE INDEX games_by_start ON games (experiment, started_at DESC, game_id);
