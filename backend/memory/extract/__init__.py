"""Text out of files, in a child process with limits. No Django here: the child starts in a moment."""
