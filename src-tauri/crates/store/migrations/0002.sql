-- Where a response was told: the path of the file, as a row of `names`; 0 where that is not known.
ALTER TABLE responses ADD COLUMN source INTEGER NOT NULL DEFAULT 0;

-- Which version of its reader read a file, and the session whose log was not there to compare with.
ALTER TABLE files ADD COLUMN reader INTEGER NOT NULL DEFAULT 1;
ALTER TABLE files ADD COLUMN waits_for TEXT NOT NULL DEFAULT '';
