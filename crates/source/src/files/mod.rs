//! Files, folders, globs and stdin.
