//! The command line: one file a command. Results go to stdout, logs to stderr; exit status 0 done, 1 a check failed, 2 bad usage or configuration.
