-- How the game ended for the person of the seat, who may have left it before the others; none for a policy's seat.
ALTER TABLE seats ADD COLUMN outcome TEXT;
