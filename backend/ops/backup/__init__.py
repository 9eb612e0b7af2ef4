"""Backup, restore, and moving from one database to another: the same rows, read and written in one way.

databases   another database beside the default one; a snapshot of it
tables      rows of a table out and in again, and the proof that they are the same
archive     the file: members, manifest, checks
making      a backup of the house while it runs
building    a database of given migrations, filled with rows from elsewhere
restoring   an archive becomes the house
moving      the house goes into another database
shelf       the backups that lie in the data folder
jobs        one made in a process of its own, on request or by the clock
"""
