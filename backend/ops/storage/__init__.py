"""What uses the disk, and what of it belongs to nobody any more.

usage    bytes and counts: database, tables, documents, vectors, models, backups; who has the most
folders  looks into folders of ours and removes from them, never through a link
orphans  files without a row, rows without a file, vectors without an entry, rests of what was cut
"""
